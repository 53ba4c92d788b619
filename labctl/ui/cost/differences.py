"""A price table beside the list prices, line by line, and why they differ."""

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from labctl.cost.estimate import Estimate
from labctl.cost.money import Money
from labctl.numbers import MISSING
from labctl.ui.kit.palette import DIM
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table


def render(estimate: Estimate) -> RenderableType:
    return _View(estimate)


@dataclass(frozen=True, slots=True)
class _View:
    estimate: Estimate

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = new_table("", "here", "list prices", "why")
        for column in table.columns[:3]:
            column.no_wrap = True
        table.columns[1].justify = table.columns[2].justify = "right"
        precision = self.estimate.bill.asked.table.precision
        for one in self.estimate.differences:
            table.add_row(one.name, _text(one.cost, precision), _text(one.listed, 0.01), Text(visible(one.why), style=DIM))
        yield table


def _text(cost: Money | None, precision: float) -> str:
    return cost.text(precision) if cost else MISSING
