"""Which requests of a run are slow.

In this order: above what the user chose · above the gap, where the latencies fall into two groups with few in between · the
outliers, beyond the median by four times the width of the lower half (median to p10), which slow requests do not widen · those
beyond the run's own threshold · the slowest 1 %, in which a difference may still show.

The gap is N. Otsu's (1979) on the logarithms: the cut with the greatest variance between the two groups. Where the faster group
has a long tail, that cut may fall into it: then the widest step between neighbours counts, if it is wider than the slower group.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from math import ceil, exp, log
from typing import Final

from labctl.telemetry.comparison.requests import LEAST
from labctl.telemetry.statistics.confidence import needed

_MOST_SLOW: Final = 0.65                # share
_WIDTHS: Final = 4.0
_LEAST_STEP: Final = log(1.25)          # from the median of one group to that of the other
_BETWEEN: Final = 0.15                  # requests in the middle between the groups, of the smaller group
_WIDE_STEP: Final = log(1.5)           # from the slowest of one group to the fastest of the other
_LEAST_MS: Final = 1e-3
_TAIL: Final = 0.01


class CutReason(StrEnum):
    CHOSEN = "chosen"
    GAP = "gap"
    OUTLIERS = "outliers"
    THRESHOLD = "threshold"
    SLOWEST = "slowest 1 %"


@dataclass(frozen=True, slots=True)
class SlowCut:
    above_ms: float
    reason: CutReason


def choose(latency_ms: Sequence[float], chosen: float | None = None, threshold: float | None = None) -> SlowCut | None:
    """None when no request stands out, and there are too few for a slowest 1 %."""
    if chosen is not None:
        return SlowCut(chosen, CutReason.CHOSEN)
    times = sorted(latency_ms)
    if len(times) < 2 * LEAST:
        return None
    found = _standing_out(times)
    if found is None and threshold is not None and LEAST <= _above(times, threshold) <= _MOST_SLOW * len(times):
        found = SlowCut(threshold, CutReason.THRESHOLD)
    if found is None and len(times) >= needed(1 - _TAIL):
        found = SlowCut(times[-max(ceil(_TAIL * len(times)), LEAST) - 1], CutReason.SLOWEST)
    return found


def _standing_out(times: Sequence[float]) -> SlowCut | None:
    if (gap := _gap(times)) is not None:
        return SlowCut(gap, CutReason.GAP)
    outlier = _outlier(times)
    return SlowCut(outlier, CutReason.OUTLIERS) if _above(times, outlier) >= LEAST else None


def _above(times: Sequence[float], edge: float) -> int:
    return sum(one > edge for one in times)


def _outlier(times: Sequence[float]) -> float:
    median, low = times[len(times) // 2], times[len(times) // 10]
    return median + _WIDTHS * (median - low)


def _gap(times: Sequence[float]) -> float | None:
    """The middle of the gap, where there is one."""
    logs = [log(max(one, _LEAST_MS)) for one in times]
    split = _split(logs)
    low, high = logs[split // 2], logs[(split + len(logs)) // 2]
    third = (high - low) / 3
    between = sum(low + third < one < high - third for one in logs)
    slow = len(logs) - split
    if slow < LEAST or slow > _MOST_SLOW * len(logs) or third * 3 < _LEAST_STEP or between > _BETWEEN * min(split, slow):
        split = _widest(logs)
        if logs[split] - logs[split - 1] < max(_WIDE_STEP, logs[-1] - logs[split]):
            return None
    return exp((logs[split - 1] + logs[split]) / 2)


def _widest(values: Sequence[float]) -> int:
    """Before which of the sorted values the step is widest, where that leaves two groups."""
    places = range(ceil(len(values) * (1 - _MOST_SLOW)), len(values) - LEAST + 1)
    return max(places, key=lambda place: values[place] - values[place - 1])


def _split(values: Sequence[float]) -> int:
    """How many of the sorted values belong to the lower group."""
    count, total = len(values), sum(values)
    best, split = -1.0, 1
    for below, lower in enumerate(accumulate(values[:-1]), 1):
        variance = (lower * count - below * total)**2 / (below * (count - below))
        if variance > best:
            best, split = variance, below
    return split
