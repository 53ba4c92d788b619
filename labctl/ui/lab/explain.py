"""What the switches change, file by file, as differences that can be read."""

from collections.abc import Iterator
from difflib import unified_diff

from rich.console import Group, RenderableType
from rich.text import Text

from labctl.lab.explain import Explanation
from labctl.model import TextChange
from labctl.ui.kit.palette import DIM
from labctl.ui.kit.safe_text import visible

_CONTEXT = 2                            # unchanged lines around each change
_STYLES = {"+": "green", "-": "red", "@": DIM}
_HEAD = 2                               # the first lines of a unified diff name its files


def render(explanation: Explanation) -> RenderableType:
    on = "".join(f" --{name} {text}" for name, text in explanation.switches.items())
    if not on:
        return Text(f"{visible(explanation.lab)} on {explanation.target}: no switch is on or given; labctl up --help lists them")
    title = Text.assemble((f"{visible(explanation.lab)} on {explanation.target}", "bold"), " with", (visible(on), "bold"))
    files = Text(f"files: {', '.join(explanation.folders)}", style=DIM)
    return Group(title, files, *(line for change in explanation.changes for line in _change(change)))


def _change(change: TextChange) -> Iterator[Text]:
    yield Text(f"\n{visible(change.name)}", style="bold")
    lines = unified_diff(change.before.splitlines(), change.after.splitlines(), lineterm="", n=_CONTEXT)
    for line in list(lines)[_HEAD:]:
        text = "…" if line.startswith("@") else line
        yield Text(f"  {visible(text)}", style=_STYLES.get(line[:1], ""), overflow="ellipsis", no_wrap=True)
