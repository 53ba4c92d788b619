"""The buckets of several histograms as those of one."""

from collections.abc import Sequence
from itertools import accumulate

Buckets = tuple[Sequence[float], Sequence[int]]
"""Upper bounds of all buckets but the last, and the counts, one more."""


def merged(histograms: Sequence[Buckets]) -> tuple[list[float], list[int]]:
    """Exact: of bounds that differ, those are kept that all of them have, and the buckets between are added up."""
    if not histograms:
        return [], []
    common = sorted(set.intersection(*(set(bounds) for bounds, _ in histograms)))
    totals = [sum(column) for column in zip(*(_at(common, *one) for one in histograms), strict=True)]
    return common, [high - low for low, high in zip([0, *totals], totals, strict=False)]


def _at(wanted: Sequence[float], bounds: Sequence[float], counts: Sequence[int]) -> list[int]:
    """How many values lie at or below each of the wanted bounds, and in all."""
    below = list(accumulate(counts))
    reached = dict(zip(bounds, below, strict=False))
    return [*(reached[bound] for bound in wanted), below[-1]]
