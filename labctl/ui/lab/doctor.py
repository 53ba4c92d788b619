"""What this machine has against what each target needs, and the hints for what is missing."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.text import Text

from labctl.lab.doctor import Check
from labctl.ui.kit.palette import DIM
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.signs import passed
from labctl.ui.kit.table import heads


def render(checks: Iterable[Check]) -> RenderableType:
    table = heads("", "check", "found", "needed")
    table.columns[1].no_wrap = True
    hints = []
    for check in checks:
        table.add_row(passed(check.ok), visible(check.name), visible(check.found), Text(visible(check.needed), style=DIM))
        if check.hint and not check.ok:
            hints.append(Text.assemble(f"{visible(check.name)}: ", (visible(check.hint), "bold")))
    return Group(table, *([Text(), *hints] if hints else []))
