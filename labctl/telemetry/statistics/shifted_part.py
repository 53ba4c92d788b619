"""Whether a difference of means is that of a part: some values are much larger, and the others are as before.

First the parts are cut where the two distributions are farthest apart (A. N. Kolmogorov, 1933), then in the middle between the
medians of these, so that the values around the first cut do not go to the wrong one. Where the others differ a little too, that
cut may be among them, and its larger part a mixture; then the middle between the means, which lies higher, is tried.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, median, quantiles
from typing import Final

_LEAST: Final = 30                      # values of each
_LEAST_SHIFTED: Final = 10
_PARTS: Final = (0.01, 0.9)             # a smaller part is hardly one, and beyond it nearly all are shifted
_ALIKE: Final = 0.3                     # of the shift: so far may what is explained and the others be off
_APART: Final = 1.5                     # shift, for the spread of the others from their p10 to their p90


@dataclass(frozen=True, slots=True)
class ShiftedPart:
    share: float                        # of the larger values
    by: float                           # by how much each of them is larger, about


def shifted_part(smaller: Sequence[float], larger: Sequence[float]) -> ShiftedPart | None:
    """None where it is no part: all are larger, or too few values."""
    if min(len(smaller), len(larger)) < _LEAST:
        return None
    before, after = sorted(smaller), sorted(larger)
    first = max(before, key=lambda at: _below(before, at) - _below(after, at))
    return next(filter(None, (_cut_at(before, after, _between(before, after, first, of)) for of in (median, fmean))), None)


def _cut_at(before: Sequence[float], after: Sequence[float], cut: float) -> ShiftedPart | None:
    alike, rest, shifted = before[:bisect_right(before, cut)], after[:bisect_right(after, cut)], after[bisect_right(after, cut):]
    apart = _below(before, cut) - _below(after, cut)
    if not (_PARTS[0] <= apart <= _PARTS[1] and len(alike) > 1 and rest and len(shifted) >= _LEAST_SHIFTED):
        return None
    by, spread = fmean(shifted) - fmean(alike), quantiles(alike, n=10)
    whole = fmean(after) - fmean(before)
    if by < _APART * (spread[-1] - spread[0]) or abs(median(rest) - median(alike)) > _ALIKE * by \
            or abs(apart * by - whole) > _ALIKE * whole or abs(median(shifted) - median(alike) - by) > _ALIKE * by:
        return None
    return ShiftedPart(len(shifted) / len(after), by)


def _below(ordered: Sequence[float], at: float) -> float:
    return bisect_right(ordered, at) / len(ordered)


def _between(before: Sequence[float], after: Sequence[float], cut: float, of: Callable[[Sequence[float]], float]) -> float:
    shifted = after[bisect_right(after, cut):]
    return (of(before[:bisect_right(before, cut)]) + of(shifted)) / 2 if shifted else cut
