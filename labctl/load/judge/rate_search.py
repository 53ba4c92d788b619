"""The highest rate that holds: go up until one fails, down until one holds, then bisect between the two.

Rates are tried on a scale of ratios, so the answer is as exact for 20/s as for 20 000/s.
"""

from collections.abc import Callable
from math import inf, sqrt
from typing import Final

_STEP_UP: Final = 1.25
_STEP_DOWN: Final = 0.25
_LEAST: Final = 0.01                    # of the first guess: the search goes no lower
_MOST: Final = 1e6


def highest_rate(holds: Callable[[float], bool], first: float, exact: float = 0.04) -> float:
    """The highest rate that held, no more than `exact` below one that did not; 0.0 when none did, down to a hundredth of `first`.

    A rate that fails is tried once more: disturbances on the machine make a run worse and never better.
    """
    low, high, rate = 0.0, inf, min(first, _MOST)
    least = rate * _LEAST
    while True:
        if holds(rate) or holds(rate):
            low = rate
        else:
            high = rate
        if low >= _MOST or high <= least or high <= low * (1 + exact):
            return low
        rate = _between(low, high, least)


def _between(low: float, high: float, least: float) -> float:
    if high == inf:
        return min(low * _STEP_UP, _MOST)
    return sqrt(low * high) if low else max(high * _STEP_DOWN, least)
