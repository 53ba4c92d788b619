"""What would save money, and what the lab saves already."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from labctl.cost.estimate import Estimate
from labctl.cost.savings import Saving
from labctl.ui.kit.commands import typed
from labctl.ui.kit.palette import DIM, GOOD, WARN
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table

_WIDE = 76                              # cells that the commands have room in


def render(estimate: Estimate) -> RenderableType:
    return _View(estimate)


@dataclass(frozen=True, slots=True)
class _View:
    estimate: Estimate

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        would = [one for one in self.estimate.savings if not one.already]
        does = [one for one in self.estimate.savings if one.already]
        for title, found in (("would save", would), ("saves already", does)):
            if found:
                yield _table(title, found, self.estimate, options.max_width)


def _table(title: str, found: Sequence[Saving], estimate: Estimate, width: int) -> Table:
    table = new_table(title, "", "a month", *(["try"] if width >= _WIDE else []))
    table.columns[2].justify = "right"
    table.columns[0].no_wrap = table.columns[2].no_wrap = True
    for one in found:
        how = [Text(visible(typed(one.how)), style=DIM)] if width >= _WIDE else []
        table.add_row(one.name, Text(visible(one.why or one.what), style=DIM), _saved(one, estimate), *how)
    return table


def _saved(one: Saving, estimate: Estimate) -> Text:
    if one.saved is None:
        return Text("unknown", style=WARN)
    text = one.saved.text(estimate.bill.asked.table.precision)
    return Text(text, style=GOOD if one.saved.high > 0 else DIM)
