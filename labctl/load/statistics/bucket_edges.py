"""Bucket edges for a histogram on the screen: round numbers, fine where most values lie, coarse in the tail.

Subtle: buckets are not all equally wide. Equal ones would either squeeze the body of a distribution with a long tail into a
single bar, or need a hundred lines for the tail.
"""

from collections.abc import Iterator, Sequence
from math import ceil, floor, log10
from typing import Final

from labctl.numbers import round_step

_MOST: Final = 16
_BODY: Final = 8                        # buckets of the body, or a few more so that the steps are round
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_TAILS: Final = ((1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.5), (1.0, 2.0, 5.0), (1.0, 3.0), (1.0,))
_FUZZ: Final = 1e-9


def edges(low: float, body: float, high: float) -> Sequence[float]:
    """At most 17 rising edges around all values: `low` and `high` are the extremes, `body` lies above most values (a p95).

    From `low` to `body` in equal steps of 1, 2, 2.5 or 5 times a power of ten; on in the same steps when `high` is near,
    else by the finest of a few geometric series that fits into the remaining edges.
    """
    step = round_step(max(body - low, body / 100, _FUZZ) / _BODY, _STEPS)
    first, last = floor(low / step + _FUZZ), max(ceil(body / step - _FUZZ), floor(low / step + _FUZZ) + 1)
    end = ceil(high / step - _FUZZ)
    if end - first <= _MOST:
        return [_clean(index * step) for index in range(first, max(end, last) + 1)]
    linear = [_clean(index * step) for index in range(first, last + 1)]
    return linear + _tail(linear[-1], high, _MOST + 1 - len(linear))


def _tail(above: float, high: float, room: int) -> list[float]:
    for series in _TAILS:
        found = [edge for edge in _geometric(series, above, high) if edge >= above * 1.1]
        if len(found) < room:
            break
    return [*found[:room - 1], max(_ceiling(high), high)]


def _geometric(series: Sequence[float], above: float, below: float) -> Iterator[float]:
    for power in range(floor(log10(above)), ceil(log10(below)) + 1):
        yield from (_clean(edge) for edge in (factor * 10.0**power for factor in series) if above < edge < below)


def _ceiling(value: float) -> float:
    """Rounded up to two significant digits: 519.8 becomes 520."""
    unit = 10.0 ** (floor(log10(value)) - 1)
    return _clean(ceil(value / unit - _FUZZ) * unit)


def _clean(value: float) -> float:
    """Without binary rounding errors: 0.30000000000000004 becomes 0.3."""
    return float(f"{value:.12g}")
