"""A month's bill: every line with its quantity, its cost, a bar, and where its figures come from; then what would save."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from labctl.cost.bill.bill import Bill, BillLine
from labctl.cost.estimate import Estimate
from labctl.cost.money import Money
from labctl.numbers import MISSING
from labctl.ui.cost import differences, savings, stores, words
from labctl.ui.kit.bars import bar
from labctl.ui.kit.palette import BAR, DIM, WARN
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table

_BAR, _SHORT_BAR = 12, 8
_WIDE: Final = 76                       # cells that the bars have room in
_WIDEST: Final = 112                    # and the prices
_HERE: Final = {"kind": "in Docker on this machine", "local": "as plain processes on this machine"}


def render(estimate: Estimate) -> RenderableType:
    differing = [Text(), differences.render(estimate)] if estimate.differences else []
    kept = [Text(), stores.render(estimate.stores, estimate.rps)] if estimate.stores else []
    return Group(_View(estimate), *differing, Text(), savings.render(estimate), *kept)


@dataclass(frozen=True, slots=True)
class _View:
    estimate: Estimate

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        bill = self.estimate.bill
        yield from heading(self.estimate)
        yield Text()
        yield _table(bill, options.max_width)
        yield from _closing(self.estimate)


def heading(estimate: Estimate) -> Iterator[RenderableType]:
    asked = estimate.bill.asked
    yield Text.assemble(("A month on ", "bold"), (visible(asked.provider.title), "bold"))
    yield Text(visible(words.question(estimate)), style=DIM)
    if estimate.lab.target in _HERE and not asked.provider.free:
        yield Text(f"As it runs, {_HERE[estimate.lab.target]}: $0", style=DIM)


def _table(bill: Bill, width: int) -> Table:
    bars, prices = width >= _WIDE, width >= _WIDEST
    size = _SHORT_BAR if prices else _BAR
    table = new_table("", "quantity", "a month", *([""] if bars else []), *(["price"] if prices else []))
    table.columns[2].justify = "right"
    table.columns[0].no_wrap = table.columns[2].no_wrap = True
    most = max((line.cost.high for line in bill.lines if line.cost), default=0.0)
    for title, lines in _sections(bill):
        table.add_row(Text(visible(title), style=DIM))
        for line in lines:
            more = [Text(bar(line.cost.high / most if line.cost and most else 0.0, size), style=BAR)] if bars else []
            table.add_row(
                Text(f"  {visible(line.name)}"), Text(visible(words.quantity(line))), _cost(line, bill), *more,
                *([_prices(line)] if prices else []),
            )
    total = Text("total" if not bill.unknown else "total, at least", style="bold")
    table.add_section()
    table.add_row(total, "", Text(amount(bill.total, bill), style="bold"))
    return table


def _sections(bill: Bill) -> Iterator[tuple[str, Sequence[BillLine]]]:
    """By group, and by backend those that charge beside the first."""
    names = {one.name: f", {one.export or one.name}" for one in bill.asked.backends[1:] if one.charges}
    for title, lines in groupby(bill.lines, key=lambda line: f"{line.group}{names.get(line.backend, '')}"):
        yield title, list(lines)


def amount(cost: Money, bill: Bill) -> str:
    return cost.text(bill.asked.table.precision)


def _cost(line: BillLine, bill: Bill) -> Text:
    if line.cost is None:
        return Text("unknown", style=WARN)
    if not line.cost.high and not line.why:
        return Text(MISSING)
    text = amount(line.cost, bill) if line.cost.high else "free"
    return Text.assemble(text, ("" if words.checked(line) else words.NOT_CHECKED, DIM))


def _prices(line: BillLine) -> Text:
    return Text(visible(" + ".join(words.price(price) for price in line.prices)), style=DIM)


def _closing(estimate: Estimate) -> Iterator[RenderableType]:
    bill = estimate.bill
    more = estimate.one_million_more
    if (per_million := bill.per_million) and more:
        adds = f"; a million more would add {more.text()}" if more.high else ""
        yield Text.assemble("per million requests ", (per_million.text(), "bold"), adds)
    yield Text()
    yield from _reasons(bill)
    yield _footer(estimate)


def _reasons(bill: Bill) -> Iterator[RenderableType]:
    """Why a line is free, unknown or more than it seems."""
    table = Table.grid(padding=(0, 1, 0, 0))
    for line in bill.lines:
        if line.why:
            table.add_row(Text(visible(line.name), style=DIM, no_wrap=True), Text(visible(line.why), style=DIM))
    if table.row_count:
        yield Padding(table, (0, 0, 1, 0))


def _footer(estimate: Estimate) -> Text:
    asked = estimate.bill.asked
    pods = ", ".join(dict.fromkeys(pod.source for pod in asked.pods))
    volume = asked.volume
    telemetry = "" if volume is None else f" · telemetry: {'measured in ' if volume.measured else ''}{volume.source}"
    marked = any(not words.checked(line) for line in estimate.bill.lines)
    note = f" · {words.NOT_CHECKED} not checked on the vendor's own page" if marked else ""
    prices = f"prices: {asked.table.name}, {asked.table.date} ({asked.table.file})"
    return Text(visible(f"pods: {pods}{telemetry} · {prices}{note}"), style=DIM)
