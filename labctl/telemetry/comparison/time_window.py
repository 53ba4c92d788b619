"""Whether a group gathers in one stretch of the run.

The run is cut into blocks of equally many requests, and a block counts once, however many of the group it holds: a stall is one
block, not fifty requests. The stretch is the one that parts best the blocks with a raised share of the group from the others, by
Fisher's exact test, times the number of stretches that were looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from labctl.telemetry.comparison.masks import Mask, counts, flags
from labctl.telemetry.comparison.stratified_test import Stratum, more_frequent

_MOST_BLOCKS: Final = 120
_LEAST_IN_BLOCK: Final = 8
_LENGTHS: Final = (3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 80)
_LONGEST: Final = 0.7                   # of the run


@dataclass(frozen=True, slots=True)
class TimeWindow:
    begin: int                          # of the run's requests, in the order in which they were due
    end: int
    p: float


def densest(group: Mask, universe: Mask, size: int) -> TimeWindow | None:
    """None for a run of too few requests, or where no stretch has more than its share."""
    width = max(ceil(size / _MOST_BLOCKS / 8) * 8, _LEAST_IN_BLOCK)
    members, grouped = counts(universe, size, width), counts(group & universe, size, width)
    total, many = sum(members), sum(grouped)
    if not many or len(members) < 2 * _LENGTHS[0]:
        return None
    raised = [number * total > many * of for number, of in zip(grouped, members, strict=True)]
    stretches = [(begin, begin + length) for length in _LENGTHS if length <= _LONGEST * len(raised)
                 for begin in range(len(raised) - length + 1)]
    tested = ((_p(raised, begin, end), begin - end, begin, end) for begin, end in stretches)
    p, _, begin, end = min(tested, default=(1.0, 0, 0, 0))
    if p * len(stretches) >= 1:
        return None
    first, last = _sharpened(group, universe, size, (begin * width, end * width))
    return TimeWindow(first, last, min(p * len(stretches), 1.0))


def _p(raised: Sequence[bool], begin: int, end: int) -> float:
    return more_frequent([Stratum(len(raised), sum(raised), end - begin, sum(raised[begin:end]))])


def _sharpened(group: Mask, universe: Mask, size: int, tested: tuple[int, int]) -> tuple[int, int]:
    """The stretch with the greatest share of the group minus share of the rest (J. Kadane's), if it is about the tested one."""
    many, others = (group & universe).bit_count(), (universe & ~group).bit_count()
    best, total, begin, found = 0.0, 0.0, 0, tested
    for one, (of_group, member) in enumerate(zip(flags(group & universe, size), flags(universe, size), strict=True)):
        total += of_group / many - (member - of_group) / others
        if total <= 0:
            total, begin = 0.0, one + 1
        elif total > best:
            best, found = total, (begin, one + 1)
    return found if found[0] < tested[1] and tested[0] < found[1] else tested
