"""Backends side by side: what each charges for traces, metrics and logs, with the rest of the bill, the cheapest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from labctl.cost.bill.bill import Bill, BillLine
from labctl.cost.comparison import BackendCost
from labctl.cost.estimate import Estimate
from labctl.cost.measured.volume import SIGNALS
from labctl.cost.money import Money
from labctl.numbers import MISSING
from labctl.ui.cost import words
from labctl.ui.cost.bill import amount, heading
from labctl.ui.kit.bars import bar
from labctl.ui.kit.palette import BAR, DIM, WARN
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table

_PARTS: Final = 112                     # cells that the parts have room in
_BARS: Final = ((76, _PARTS), (134, 1000))      # and the bars
_BAR: Final = 12


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
        more = " + something unknown (--rps N, or labctl load)." if any(not row.complete for row in self.rows) else ""
        yield Text(f"telemetry: what the backend charges; total: with pods, cluster and network. {words.NOT_CHECKED} not "
                   f"checked on the vendor's own page.{more} Details: labctl cost --backend NAME", style=DIM)


def _table(estimate: Estimate, rows: Sequence[BackendCost], width: int) -> Table:
    wide, bill = width >= _PARTS, estimate.bill
    parts = [*SIGNALS, "fixed"] if wide else []
    bars = any(least <= width < most for least, most in _BARS)
    table = new_table("backend", *parts, "telemetry", "total", "per million", *([""] if bars else []))
    for column in table.columns:
        column.no_wrap = True
        column.justify = "left" if column.header in {"backend", ""} else "right"
    most = max((row.bill.total.high for row in rows), default=0.0)
    for row in rows:
        costs = [*(_signal(row, name, bill) for name in SIGNALS), Text(_part(row.fixed, bill))] if wide else []
        per_million = row.bill.per_million
        table.add_row(
            Text(visible(row.name)), *costs, _telemetry(row, bill),
            Text.assemble((amount(row.bill.total, bill), "bold"), ("" if row.complete else " +", WARN)),
            per_million.text() if per_million else MISSING,
            *([Text(bar(row.bill.total.high / most if most else 0.0, _BAR), style=BAR)] if bars else []),
        )
    return table


def _telemetry(row: BackendCost, bill: Bill) -> Text:
    if not row.telemetry.high and any(line.cost is None for line in _charges(row)):
        return Text("unknown", style=WARN)
    mark = "" if not row.telemetry.high or all(words.checked(line) for line in _charges(row)) else words.NOT_CHECKED
    return Text.assemble(_part(row.telemetry, bill), (mark, DIM))


def _signal(row: BackendCost, name: str, bill: Bill) -> Text:
    if any(line.cost is None and name in line.signals for line in _charges(row)):
        return Text("unknown", style=WARN)
    return Text(_part(row.signal(name), bill))


def _part(cost: Money, bill: Bill) -> str:
    return amount(cost, bill) if cost.high else MISSING


def _charges(row: BackendCost) -> list[BillLine]:
    return [line for line in row.bill.lines if line.group == "telemetry"]
