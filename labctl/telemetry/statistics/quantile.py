"""A quantile estimated from the buckets of a histogram.

It is an estimate: the values in a bucket are assumed to be spread evenly, so the answer can be wrong by a bucket's width.
"""

from collections.abc import Sequence


def quantile(
    q: float, bounds: Sequence[float], counts: Sequence[int], least: float | None = None, most: float | None = None,
) -> float | None:
    """Return the value below which the share `q` (0 to 1) of the observations lies; None when there are none.

    `bounds` are the upper edges of all buckets except the last, which has none, so `counts` has one element more. With
    the rank r = q · total in the bucket (low, high] that holds n observations, c of them in the buckets below:

        low + (high - low) · (r - c) / n

    as in Prometheus' `histogram_quantile` for classic histograms: the first bucket starts at 0 if its edge is positive
    (else its edge is the answer), and a rank in the last, unbounded bucket gives the highest edge. Where the extremes `least` and
    `most` are known, no bucket reaches beyond them, and the last one ends.
    """
    rank, below = q * sum(counts), 0
    if not bounds or not sum(counts):
        return None
    for index, edge in enumerate(bounds):
        if below + counts[index] >= rank and counts[index]:
            if not index and edge <= 0 and least is None:
                return edge
            low = bounds[index - 1] if index else min(0.0, edge) if least is None else least
            return _between(low, edge, (rank - below) / counts[index], least, most)
        below += counts[index]
    return bounds[-1] if most is None else _between(bounds[-1], most, (rank - below) / counts[-1], least, most)


def _between(low: float, high: float, share: float, least: float | None, most: float | None) -> float:
    low = low if least is None else max(low, least)
    high = high if most is None else min(high, most)
    return low + (high - low) * max(share, 0.0)
