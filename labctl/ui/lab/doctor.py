"""What this machine has compared with what each target needs, and hints for what is missing."""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from labctl.lab.examining.doctor import Check
from labctl.model import Repair
from labctl.ui.kit.commands import typed
from labctl.ui.kit.palette import DIM
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.signs import passed
from labctl.ui.kit.table import new_table


def render_repairs(repairs: Sequence[Repair]) -> RenderableType:
    """What was done, then what was left and why."""
    if not repairs:
        return Text("There was nothing to put right.\n")
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for one in sorted(repairs, key=lambda one: not one.done):
        why = (f": {visible(typed(one.why))}", DIM) if one.why else ""
        grid.add_row(passed(True if one.done else None), Text.assemble(visible(one.what), why))
    return Group(grid, Text())


def render(checks: Iterable[Check]) -> RenderableType:
    table = new_table("", "check", "target", "found", "needed")
    table.columns[0].no_wrap = table.columns[2].no_wrap = True
    for column in table.columns:
        column.overflow = "fold"
    hints = []
    for check in checks:
        needed = Text(visible(check.needed), style=DIM)
        table.add_row(passed(check.ok), visible(check.name), check.target, visible(check.found), needed)
        if check.hint and not check.ok:
            hints.append(Text.assemble(f"{visible(check.name)}: ", (visible(typed(check.hint)), "bold")))
    return Group(table, *([Text(), *hints] if hints else []))
