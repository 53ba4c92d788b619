"""What stands on the live board, from the most to the least important, cut to the room that there is.

Rows are counted before they are drawn: a live display that is taller than its terminal cannot be erased.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from labctl import numbers
from labctl.load.summary import LoadPlan, Snapshot
from labctl.ui import histogram
from labctl.ui.palette import BAD, BAR, DIM
from labctl.ui.visible import visible

_TALLEST: Final = 14                # rows of histogram, at most
_SHORTEST: Final = 4
_NARROW: Final = 66
_TAIL: Final = 6


@dataclass(frozen=True, slots=True)
class View:
    snapshot: Snapshot
    plan: LoadPlan
    tail: Sequence[str]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width, height = options.max_width, options.size.height - 1
        gauges = list(_gauges(self.snapshot, self.plan, width))
        yield from _cropped(gauges, width)
        room = height - len(gauges)
        tail = self.tail[-min(_TAIL, max(room - 1, 0)):] if room > 1 else ()
        room -= len(tail) + 1 if tail else 0
        yield from _bars(self.snapshot, min(room - 1, _TALLEST))
        if tail:
            yield Text("")
            yield from _cropped([Text.assemble(("│ ", DIM), visible(text)) for text in tail], width)


def share_done(snapshot: Snapshot, plan: LoadPlan) -> float:
    """0 to 1, by requests or by time, whichever of the two that bound the run is nearer to its end."""
    done = snapshot.successful + snapshot.failed
    by_count = done / snapshot.planned if snapshot.planned else 0.0
    by_time = snapshot.elapsed_s / plan.duration_s if plan.duration_s else 0.0
    return min(max(by_count, by_time), 1.0)


def remaining(snapshot: Snapshot, plan: LoadPlan) -> str:
    """`3.8 s left`, by the speed so far; empty before there is one."""
    share = share_done(snapshot, plan)
    if not share or share >= 1:
        return ""
    return f"{numbers.seconds(snapshot.elapsed_s * (1 - share) / share)} left"


def _gauges(snapshot: Snapshot, plan: LoadPlan, width: int) -> Iterator[Text]:
    yield _progress(snapshot, plan, width)
    yield _flow(snapshot, width)
    yield _latency(snapshot, width)
    if snapshot.errors:
        failures = sorted(snapshot.errors.items(), key=lambda item: -item[1])
        text = "  ".join(f"{visible(kind)} {numbers.count(number)}" for kind, number in failures)
        yield Text(f"✗ {text}", style=BAD)


def _progress(snapshot: Snapshot, plan: LoadPlan, width: int) -> Text:
    share = share_done(snapshot, plan)
    done = numbers.count(snapshot.successful + snapshot.failed)
    total = f"/{numbers.count(snapshot.planned)}" if snapshot.planned else ""
    figures = f"  {done}{total}  {round(100 * share):3} %  {remaining(snapshot, plan):>10}"
    cells = max(width - len(figures), 8)
    full = round(share * cells)
    return Text.assemble(("━" * full, BAR), ("╌" * (cells - full), DIM), figures)


def _flow(snapshot: Snapshot, width: int) -> Text:
    target = f" of {numbers.rate(snapshot.target_rate)}" if snapshot.target_rate else ""
    pairs = [("rate", numbers.rate(snapshot.rate) + target), ("in flight", numbers.count(snapshot.in_flight)),
             ("failed", numbers.count(snapshot.failed))]
    if width >= _NARROW:
        pairs.append(("elapsed", numbers.seconds(snapshot.elapsed_s)))
    return _pairs(pairs)


def _latency(snapshot: Snapshot, width: int) -> Text:
    latency = snapshot.latency
    if not latency.count:
        return Text("no answer yet", style=DIM)
    figures = [("p50", latency.p50), ("p90", latency.p90), ("p95", latency.p95), ("p99", latency.p99),
               ("max", latency.max)]
    shown = figures if width >= _NARROW else [figures[0], figures[3]]
    return _pairs([(name, numbers.milliseconds(value)) for name, value in shown])


def _pairs(pairs: Sequence[tuple[str, str]]) -> Text:
    return Text("   ").join(Text.assemble((f"{name} ", DIM), value) for name, value in pairs)


def _bars(snapshot: Snapshot, rows: int) -> Iterator[RenderableType]:
    filled = any(bucket.count for bucket in snapshot.histogram)
    if rows >= _SHORTEST and filled:
        yield Text("")
        yield histogram.render(histogram.merged(snapshot.histogram, rows), snapshot.latency)


def _cropped(lines: Sequence[Text], width: int) -> Iterator[Text]:
    for line in lines:
        line.truncate(width, overflow="ellipsis")
        line.no_wrap = True
        yield line
