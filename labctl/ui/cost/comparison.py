"""Backends side by side: what each charges for traces, metrics and logs, with the rest of the bill, the cheapest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from labctl.cost.comparison import BackendCost
from labctl.cost.estimate import Estimate
from labctl.cost.measured.volume import SIGNALS
from labctl.ui.cost import words
from labctl.ui.cost.bill import amount, heading
from labctl.ui.kit.bars import bar
from labctl.ui.kit.palette import BAR, DIM
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table

_WIDE: Final = 100
_BAR: Final = 16


def render(estimate: Estimate, rows: Sequence[BackendCost]) -> RenderableType:
    return _View(estimate, rows)


@dataclass(frozen=True, slots=True)
class _View:
    estimate: Estimate
    rows: Sequence[BackendCost]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from heading(self.estimate)
        yield Text()
        yield _table(self.estimate, self.rows, options.max_width)
        yield Text()
        yield Text(f"telemetry: what the backend charges; total: with pods, cluster and network. {words.NOT_CHECKED} not "
                   "checked on the vendor's own page. One backend in full: labctl cost --backend NAME", style=DIM)


def _table(estimate: Estimate, rows: Sequence[BackendCost], width: int) -> Table:
    wide, bill = width >= _WIDE, estimate.bill
    parts = [*SIGNALS, "fixed"] if wide else []
    table = new_table("backend", *parts, "telemetry", "total", "per million", *([""] if wide else []))
    for column in table.columns[1:-1] if wide else table.columns[1:]:
        column.justify = "right"
    for column in table.columns:
        column.no_wrap = True
    most = max((row.telemetry.high for row in rows), default=0.0)
    for row in rows:
        costs = [*(row.signal(name) for name in SIGNALS), row.fixed] if wide else []
        per_million = row.bill.per_million
        table.add_row(
            Text(visible(row.name)), *(amount(one, bill) for one in costs),
            Text.assemble(amount(row.telemetry, bill), ("" if _checked(row) else words.NOT_CHECKED, DIM)),
            Text(amount(row.bill.total, bill), style="bold"), amount(per_million, bill) if per_million else "",
            *([Text(bar(row.telemetry.high / most if most else 0.0, _BAR), style=BAR)] if wide else []),
        )
    return table


def _checked(row: BackendCost) -> bool:
    return all(words.checked(line) for line in row.bill.lines if line.group == "telemetry")
