"""What `labctl export` has written, and what is left to do."""

from shlex import quote

from rich.console import Group, RenderableType
from rich.text import Text

from labctl import numbers
from labctl.lab.exporting.export import ExportResult
from labctl.ui.kit.palette import WARN
from labctl.ui.kit.safe_text import visible


def render(result: ExportResult) -> RenderableType:
    on = "".join(f" --{name} {text}" for name, text in result.switches.items())
    folder, files = visible(str(result.folder)), numbers.plural(len(result.files), "file")
    pasted = visible(quote(str(result.folder)))
    with_ = f", with{visible(on)}" if on else ""
    lines = [Text.assemble((visible(result.lab), "bold"), f" as {files} in ", (folder, "bold"), with_)]
    if result.secrets:
        lines.append(Text(f"they hold no secret; README.md says how to create {', '.join(result.secrets)}"))
    if result.loopbacks:
        here = visible(" and ".join(result.loopbacks))
        lines.append(Text(f"in a pod, {here} is the pod itself: README.md says where to change it", WARN))
    lines.append(Text.assemble("next: ", (f"kubectl apply -k {pasted}", "bold"), "; README.md says what it needs"))
    return Group(*lines)
