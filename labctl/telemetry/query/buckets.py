"""Merges the buckets of several histograms."""

from collections.abc import Sequence
from itertools import accumulate

Buckets = tuple[Sequence[float], Sequence[int]]
"""The upper bounds of all buckets except the last, and the counts: one more than bounds."""


def merged(histograms: Sequence[Buckets]) -> tuple[list[float], list[int]]:
    """Exact: only bounds that all histograms share are kept, and the buckets between them are added up."""
    if not histograms:
        return [], []
    common = sorted(set.intersection(*(set(bounds) for bounds, _ in histograms)))
    return common, _each([sum(column) for column in zip(*(_at(common, *one) for one in histograms), strict=True)])


def less(now: Buckets, before: Buckets) -> Buckets:
    """What has come to a histogram since `before`; only bounds that both have are kept, as in `merged`."""
    if not before[1] or not now[1]:
        return now
    common = sorted(set(now[0]) & set(before[0]))
    return common, _each([high - low for high, low in zip(_at(common, *now), _at(common, *before), strict=True)])


def _each(totals: Sequence[int]) -> list[int]:
    return [high - low for low, high in zip([0, *totals], totals, strict=False)]


def _at(wanted: Sequence[float], bounds: Sequence[float], counts: Sequence[int]) -> list[int]:
    """How many values lie at or below each of `wanted`, and the total."""
    below = list(accumulate(counts))
    reached = dict(zip(bounds, below, strict=False))
    return [*(reached[bound] for bound in wanted), below[-1]]
