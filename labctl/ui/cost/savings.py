"""What would save money, and what the lab saves already."""

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from labctl.cost.estimate import Estimate
from labctl.cost.savings import Saving
from labctl.numbers import MISSING
from labctl.ui.kit.palette import DIM, GOOD, WARN
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table

_WIDE = 76                              # cells that the options have room in
_COMMAND = "labctl cost "


def render(estimate: Estimate) -> RenderableType:
    return _View(estimate)


@dataclass(frozen=True, slots=True)
class _View:
    estimate: Estimate

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        wide = options.max_width >= _WIDE
        table = new_table("what would save", "", "a month", *(["labctl cost"] if wide else []))
        table.columns[2].justify = "right"
        for column in (table.columns[0], *table.columns[2:]):
            column.no_wrap = True
        for one in sorted(self.estimate.savings, key=_place):
            how = [Text(visible(one.how.removeprefix(_COMMAND)), style=DIM)] if wide else []
            table.add_row(one.name, Text(visible(_why(one)), style=DIM), _saved(one, self.estimate), *how)
        yield table


def _place(one: Saving) -> int:
    """What would save, what is unknown, what saves already, and what saves nothing here."""
    if one.saved is None:
        return 1
    return 3 if one.saved.high <= 0 else 2 if one.already else 0


def _why(one: Saving) -> str:
    return one.why or (f"already: {one.what}" if one.already else one.what)


def _saved(one: Saving, estimate: Estimate) -> Text:
    if one.saved is None:
        return Text("unknown", style=WARN)
    if not one.saved.low and not one.saved.high:
        return Text(MISSING, style=DIM)
    text = one.saved.text(estimate.bill.asked.table.precision)
    return Text(text, style=DIM if one.already or one.saved.high <= 0 else GOOD)
