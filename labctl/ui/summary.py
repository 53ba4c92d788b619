"""The end of a load run: what was asked, what came back, how long it took, and what to look at next.

Latency counts from when a request was due and service time from when it was sent; where they differ, requests waited.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.columns import Columns
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from labctl import numbers
from labctl.load.summary import Distribution, Slow, Summary
from labctl.ui import histogram
from labctl.ui.palette import BAD, DIM, GOOD, WARN
from labctl.ui.visible import visible

_SIDE_BY_SIDE = 80                  # cells that the two tables need beside each other
_SLOWEST = 5
_BARS = 24                          # rows of histogram, at most
_FIGURES = (("min", "min"), ("mean", "mean"), ("p50", "p50"), ("p90", "p90"), ("p95", "p95"), ("p99", "p99"),
            ("p99.9", "p99_9"), ("max", "max"))


@dataclass(frozen=True, slots=True)
class _View:
    summary: Summary
    notes: Sequence[str]
    ledger: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        summary = self.summary
        yield _title(summary)
        yield ""
        yield from _side_by_side(_outcome(summary), _times(summary), options.max_width)
        yield ""
        buckets = histogram.merged(summary.histogram, _BARS)
        yield Padding(histogram.render(buckets, summary.latency), (0, 2))
        yield from _remarks(self.notes)
        yield from _closing(self.ledger, summary.slowest[:_SLOWEST])


def render(summary: Summary, notes: Sequence[str], ledger: str = "") -> RenderableType:
    """The whole report; `notes` are sentences of advice, `ledger` the line that accounts for every span."""
    return _View(summary, notes, ledger)


def percentiles(distribution: Distribution) -> Iterator[tuple[str, str]]:
    """(`p99.9`, `1.23 s`) for every figure, a dash where nothing succeeded."""
    for name, attribute in _FIGURES:
        yield name, numbers.milliseconds(getattr(distribution, attribute)) if distribution.count else numbers.MISSING


def _title(summary: Summary) -> Text:
    title = Text.assemble(("Load run ", "bold"), (visible(summary.run_id), "bold"), f"  {visible(summary.url)}")
    return title.append("  interrupted", WARN) if summary.interrupted else title


def _side_by_side(left: Table, right: Table, width: int) -> Iterator[RenderableType]:
    if width >= _SIDE_BY_SIDE:
        yield Columns([Padding(left, (0, 8, 0, 2)), right], padding=0)
    else:
        yield from (Padding(left, (0, 2)), "", Padding(right, (0, 2)))


def _outcome(summary: Summary) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(max_width=28, no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for name, value, style in _outcome_rows(summary):
        table.add_row(Text(name, style=style or DIM), Text(value, style=style))
    return table


def _outcome_rows(summary: Summary) -> Iterator[tuple[str, str, str]]:
    yield "requests", numbers.count(summary.planned or summary.sent), ""
    yield "successful", numbers.count(summary.successful), GOOD if summary.successful else ""
    yield "failed", numbers.count(summary.failed), BAD if summary.failed else ""
    for kind, number in sorted(summary.errors.items(), key=lambda item: -item[1]):
        yield f"  {visible(kind)}", numbers.count(number), BAD
    for name, number in (("unfinished", summary.unfinished), ("never sent", summary.dropped)):
        if number:
            yield name, numbers.count(number), WARN
    yield "duration", numbers.seconds(summary.duration_s), ""
    if summary.target_rate is not None:
        yield "planned rate", numbers.rate(summary.target_rate), ""
    yield "actual rate", numbers.rate(summary.rate), ""
    yield "workers", numbers.count(summary.concurrency), ""


def _times(summary: Summary) -> Table:
    table = Table.grid(padding=(0, 3, 0, 0))
    table.add_column(style=DIM)
    table.add_column(justify="right", min_width=9, no_wrap=True)
    table.add_column(justify="right", min_width=9, no_wrap=True)
    table.add_row("", "latency", "service time")
    for (name, latency), (_, service) in zip(
        percentiles(summary.latency), percentiles(summary.service_time), strict=True,
    ):
        table.add_row(name, Text(latency, style="bold" if name in {"p50", "p99"} else ""), service)
    return table


def _remarks(notes: Sequence[str]) -> Iterator[RenderableType]:
    if notes:
        yield ""
    for note in notes:
        yield _hanging(Text("!", style=WARN), Text(visible(note)))


def _closing(ledger: str, slowest: Sequence[Slow]) -> Iterator[RenderableType]:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    if ledger:
        table.add_row(Text("ledger", style=DIM), Text(visible(ledger)))
    for index, slow in enumerate(slowest):
        line = Text.assemble(visible(slow.trace_id), f"  {numbers.milliseconds(slow.latency_ms):>7}")
        table.add_row(Text("" if index else "slowest", style=DIM), line)
    if table.row_count:
        yield from ("", Padding(table, (0, 2)))


def _hanging(sign: Text, text: Text) -> RenderableType:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_row(sign, text)
    return Padding(table, (0, 2))


if __name__ == "__main__":
    from labctl.ui.samples import LEDGER, NOTES, SUMMARY, TROUBLED

    Console().print(Group(render(SUMMARY, (), LEDGER), "", render(TROUBLED, NOTES, "")))
