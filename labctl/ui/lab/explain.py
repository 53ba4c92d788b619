"""What the given switches would change, file by file, as differences that can be read."""

from collections.abc import Iterator
from difflib import unified_diff

from rich.console import Group, RenderableType
from rich.text import Text

from labctl.lab.explain import Explanation
from labctl.model import TextChange
from labctl.switches.switch import OFF
from labctl.ui.kit.palette import DIM
from labctl.ui.kit.safe_text import visible

_CONTEXT = 2                            # unchanged lines around each change
_STYLES = {"+": "green", "-": "red", "@": DIM}
_HEAD = 2                               # the first lines of a unified diff name its files


def render(explanation: Explanation) -> RenderableType:
    before, after = explanation.before, explanation.switches
    lab = Text(f"{visible(explanation.lab)} on {explanation.target}{', which is not up' if before is None else ''}", style="bold")
    if before is None and not after:
        return lab + Text(": no switch is given; labctl up --help lists them", style="not bold")
    names = dict.fromkeys((*(before or {}), *after))
    rows = [_row(name, (before or {}).get(name, OFF), after.get(name, OFF)) for name in names]
    rows += [Text(f"  --{name} has no effect here: {why}") for name, why in explanation.without_effect.items()]
    if (before or {}) == after:
        return Group(lab + Text(": no switch would change", style="not bold"), *rows)
    files = Text(f"files: {', '.join(explanation.folders)}", style=DIM)
    return Group(lab, *rows, files, *(line for change in explanation.changes for line in _change(change)))


def _row(name: str, before: str, after: str) -> Text:
    if before == after:
        return Text(f"  --{name} {visible(after)}, as now", style=DIM)
    return Text.assemble(f"  --{name} {visible(before)} → ", (visible(after), "bold"))


def _change(change: TextChange) -> Iterator[Text]:
    yield Text(f"\n{visible(change.name)}", style="bold")
    lines = unified_diff(change.before.splitlines(), change.after.splitlines(), lineterm="", n=_CONTEXT)
    for line in list(lines)[_HEAD:]:
        text = "…" if line.startswith("@") else line
        yield Text(f"  {visible(text)}", style=_STYLES.get(line[:1], ""), overflow="ellipsis", no_wrap=True)
