"""The lines of the live board, most important first, cut to the height of the terminal.

Rows are counted before they are drawn: a live display that is taller than its terminal cannot be erased. Figures have places
of their own and keep them from frame to frame, since what moves all the time cannot be read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Final

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from labctl import numbers
from labctl.load.measure import percentiles
from labctl.load.measure.summary import Snapshot
from labctl.load.plan.load_plan import LoadPlan
from labctl.ui.kit.palette import BAD, BAR, DIM, P99_COLOUR
from labctl.ui.kit.safe_text import visible
from labctl.ui.load import histogram, progress

_TALLEST: Final = 17                # rows of histogram, at most: a recorder's has no more, so that none are joined
_SHORTEST: Final = 4
_NARROW: Final = 66
_TAIL: Final = 6
_APART: Final = "   "
_DIGITS: Final = 7                  # cells for a time or a rate


@dataclass(frozen=True, slots=True)
class View:
    snapshot: Snapshot
    plan: LoadPlan
    tail: Sequence[str]
    recent_rate: float | None = None     # answers per second

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width, height = options.max_width, options.size.height - 1
        gauges = list(_gauges(self, width))
        yield from _cropped(gauges, width)
        room = height - len(gauges)
        tail = self.tail[-min(_TAIL, max(room - 1, 0)):] if room > 1 else ()
        room -= len(tail) + 1 if tail else 0
        yield from _bars(self.snapshot, min(room - 1, _TALLEST), padded=bool(tail))
        if tail:
            yield Text("")
            yield from _cropped([Text.assemble(("│ ", DIM), visible(text)) for text in tail], width)


def _gauges(view: View, width: int) -> Iterator[Text]:
    snapshot = view.snapshot
    yield _progress(snapshot, view.plan, width)
    yield _pairs(list(_flow(view)), width)
    yield _latency(snapshot, view.plan, width)
    if snapshot.errors:
        failures = sorted(snapshot.errors.items(), key=lambda item: -item[1])
        text = "  ".join(f"{visible(kind)} {numbers.count(number)}" for kind, number in failures)
        yield Text(f"✗ {text}", style=BAD)


def _progress(snapshot: Snapshot, plan: LoadPlan, width: int) -> Text:
    share, total = progress.share_done(snapshot, plan), numbers.count(snapshot.planned)
    made = numbers.count(progress.done(snapshot))
    counts = f"{made:>{len(total)}}/{total}" if snapshot.planned else made
    figures = f"  {counts}  {int(100 * share):3} %  {progress.remaining(snapshot, plan):>10}"
    cells = max(width - len(figures), 8)
    full = round(share * cells)
    return Text.assemble(("━" * full, BAR), ("╌" * (cells - full), DIM), figures)


def _flow(view: View) -> Iterator[tuple[str, str]]:
    """From the most to the least important."""
    snapshot, planned = view.snapshot, progress.planned_rate(view.snapshot, view.plan)
    yield "rate", _rate(snapshot.rate) + (f" of {numbers.rate(planned)}" if planned is not None else "")
    yield "failed", numbers.count(snapshot.failed)
    if snapshot.pods is not None:
        yield "pods", str(snapshot.pods)
    yield "in flight", f"{snapshot.in_flight:>{len(str(view.plan.concurrency))}}"
    if view.recent_rate is not None:
        yield "now", _rate(view.recent_rate)
    yield "elapsed", f"{int(snapshot.elapsed_s)} s"


def _latency(snapshot: Snapshot, plan: LoadPlan, width: int) -> Text:
    latency = snapshot.latency
    if not latency.count:
        return Text("warm-up: no times yet" if snapshot.elapsed_s < plan.warmup_s else "no answer yet", style=DIM)
    names = ("p50", "p90", "p95", "p99", "max") if width >= _NARROW else ("p50", "p99", "max")
    return _pairs([(name, f"{percentiles.figure(latency, name):>{_DIGITS}}") for name in names], width)


def _rate(per_second: float) -> str:
    return f"{numbers.rate(per_second):>{_DIGITS}}"


def _pairs(pairs: Sequence[tuple[str, str]], width: int) -> Text:
    """As many of them as fit, at least the first."""
    shown = Text()
    for name, value in pairs:
        pair = Text.assemble(_APART if shown else "", (f"{name} ", DIM), (value, P99_COLOUR if name == "p99" else ""))
        if shown and len(shown) + len(pair) > width:
            break
        shown.append_text(pair)
    return shown


def _bars(snapshot: Snapshot, rows: int, *, padded: bool) -> Iterator[RenderableType]:
    """The histogram; `padded`, it takes all of its rows, so that what stands below does not move when a bar comes or goes."""
    filled = any(bucket.count for bucket in snapshot.histogram)
    if rows >= _SHORTEST and filled:
        buckets = histogram.merged(snapshot.histogram, rows)
        yield Text("")
        yield histogram.render(buckets, snapshot.latency)
        if padded:
            yield from repeat(Text(""), rows - histogram.height(buckets))


def _cropped(lines: Sequence[Text], width: int) -> Iterator[Text]:
    for line in lines:
        line.truncate(width, overflow="ellipsis")
        line.no_wrap = True
        yield line
