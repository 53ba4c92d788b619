"""The result of a load run: requests, latencies, histogram, advice and the ledger.

Latency counts from when a request was due and service time from when it was sent; where they differ, requests waited.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from rich.columns import Columns
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from labctl import numbers
from labctl.load.measure.percentiles import TOO_FEW, percentiles
from labctl.load.measure.summary import Generator, Slow, Summary, status_name
from labctl.ui.kit.palette import BAD, DIM, GOOD, P99_COLOUR, WARN
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table
from labctl.ui.load import histogram

_STYLES = {"p50": "bold", "p99": f"bold {P99_COLOUR}"}
_APART = 4                          # cells between the two tables, at least
_MIB = 1 << 20
_SLOWEST = 5
_FEW = 20                           # requests below which there is no histogram
_BARS = 24                          # rows of histogram, at most


@dataclass(frozen=True, slots=True)
class _View:
    summary: Summary
    notes: Sequence[str]
    ledger: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        summary = self.summary
        yield _title(summary)
        yield ""
        yield from _side_by_side(_outcome(summary), _times(summary), console, options)
        yield from _histogram(summary)
        yield from _by_request(summary)
        yield from _remarks(self.notes)
        yield from _closing(self.ledger, summary.generator, summary.slowest[:_SLOWEST])


def render(summary: Summary, notes: Sequence[str], ledger: str = "") -> RenderableType:
    """The whole report; `notes` are sentences of advice, `ledger` the line that accounts for every span."""
    return _View(summary, notes, ledger)


def _title(summary: Summary) -> Text:
    title = Text.assemble(("Load run ", "bold"), (visible(summary.run_id), "bold"), f"  {visible(summary.url)}")
    return title.append("  interrupted", WARN) if summary.interrupted else title


def _side_by_side(left: Table, right: Table, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
    needed = sum(Measurement.get(console, options, table).maximum for table in (left, right))
    room = options.max_width - needed - 2
    if room >= _APART:
        yield Columns([Padding(left, (0, min(room, 2 * _APART), 0, 2)), right], padding=0)
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
    for status, number in _other_than_200(summary):
        as_expected = ", as expected" if status >= HTTPStatus.BAD_REQUEST else ""
        yield f"  {status_name(status)}{as_expected}", numbers.count(number), ""
    if summary.resent:
        yield "sent once more", numbers.count(summary.resent), WARN
    yield "failed", numbers.count(summary.failed), BAD if summary.failed else ""
    for kind, number in sorted(summary.errors.items(), key=lambda item: -item[1]):
        yield f"  {visible(kind)}", numbers.count(number), BAD
    for name, number in (("unfinished", summary.unfinished), ("never sent", summary.dropped)):
        if number:
            yield name, numbers.count(number), WARN
    if summary.warmup:
        yield "warm-up, excluded", numbers.count(summary.warmup), ""
    if summary.warmup_failed:
        yield "  failed", numbers.count(summary.warmup_failed), ""
    yield "duration", numbers.seconds(summary.duration_s), ""
    if summary.target_rate is not None:
        yield "planned rate", numbers.rate(summary.target_rate), ""
    yield "actual rate", numbers.rate(summary.rate), ""
    yield "workers", numbers.count(summary.concurrency), ""


def _other_than_200(summary: Summary) -> Sequence[tuple[int, int]]:
    """The statuses of successful requests, unless all are 200."""
    failed = ((status, count, summary.errors.get(status_name(status), 0)) for status, count in summary.statuses.items())
    good = [(status, count - bad) for status, count, bad in failed if count > bad]
    return () if [status for status, _ in good] == [HTTPStatus.OK] else good


def _times(summary: Summary) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style=DIM, no_wrap=True, min_width=5)
    for _ in range(3):
        table.add_column(justify="right", min_width=7, no_wrap=True)
    table.add_row("", "latency", Text("95 % interval", style=DIM), "service time")
    for one in percentiles(summary):
        interval = Text(one.interval, style=WARN if one.interval == TOO_FEW else DIM)
        table.add_row(one.name, Text(one.latency, style=_STYLES.get(one.name, "")), interval, one.service)
    return table


def _histogram(summary: Summary) -> Iterator[RenderableType]:
    """Not of a few requests, whose bars would show chance alone."""
    if not 0 < summary.latency.count < _FEW:
        buckets = histogram.merged(summary.histogram, _BARS)
        yield from ("", Padding(histogram.render(buckets, summary.latency), (0, 2)))


def _by_request(summary: Summary) -> Iterator[RenderableType]:
    """Where there is more than one kind."""
    if len(summary.by_request) < 2:  # noqa: PLR2004 one is the whole run
        return
    table = new_table("request", "successful", "failed")
    table.columns[0].overflow = "fold"
    table.columns[1].justify = table.columns[2].justify = "right"
    for name, counts in summary.by_request.items():
        good, bad = (counts.get(key, 0) for key in ("successful", "failed"))
        table.add_row(visible(name), numbers.count(good), Text(numbers.count(bad), style=BAD if bad else ""))
    yield from ("", Padding(table, (0, 2)))


def _remarks(notes: Sequence[str]) -> Iterator[RenderableType]:
    if notes:
        yield ""
    for note in notes:
        yield _hanging(Text("!", style=WARN), Text(visible(note)))


def _closing(ledger: str, generator: Generator | None, slowest: Sequence[Slow]) -> Iterator[RenderableType]:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    if ledger:
        table.add_row(Text("ledger", style=DIM), Text(visible(ledger)))
    if generator:
        table.add_row(Text("generator", style=DIM), _own(generator))
    for index, slow in enumerate(slowest):
        aside = ("  sampled out", DIM) if slow.sampled_out else ""
        line = Text.assemble(visible(slow.trace_id), f"  {numbers.milliseconds(slow.latency_ms):>7}", aside)
        table.add_row(Text("" if index else "slowest", style=DIM), line)
    if table.row_count:
        yield from ("", Padding(table, (0, 2)))


def _own(generator: Generator) -> str:
    """`7.0 % of a core · 0.14 ms late (p99) · gc 2.1 ms · 48 MiB`."""
    late, stopped = (numbers.milliseconds(value) for value in (generator.late_p99_ms, generator.gc_ms))
    memory = f"{numbers.count(generator.peak_rss / _MIB)} MiB"
    parts = (f"{numbers.percent(generator.cpu_share, 1)} of a core", f"{late} late (p99)", f"gc {stopped}", memory)
    return " · ".join(parts)


def _hanging(sign: Text, text: Text) -> RenderableType:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_row(sign, text)
    return Padding(table, (0, 2))
