"""A quantile estimated from the buckets of a histogram.

It is an estimate: the values in a bucket are assumed to be spread evenly, so the answer can be wrong by a bucket's width.
"""

from collections.abc import Sequence


def quantile(q: float, bounds: Sequence[float], counts: Sequence[int]) -> float | None:
    """Return the value below which the share `q` (0 to 1) of the observations lies; None when there are none.

    `bounds` are the upper edges of all buckets except the last, which has none, so `counts` has one element more. With
    the rank r = q · total in the bucket (low, high] that holds n observations, c of them in the buckets below:

        low + (high - low) · (r - c) / n

    as in Prometheus' `histogram_quantile` for classic histograms: the first bucket starts at 0 if its edge is positive
    (else its edge is the answer), and a rank in the last, unbounded bucket gives the highest edge.
    """
    rank, below = q * sum(counts), 0
    if not bounds or not sum(counts):
        return None
    for index, edge in enumerate(bounds):
        if below + counts[index] >= rank and counts[index]:
            return _inside(bounds, index, (rank - below) / counts[index]) if index or edge > 0 else edge
        below += counts[index]
    return bounds[-1]


def _inside(bounds: Sequence[float], index: int, share: float) -> float:
    low = bounds[index - 1] if index else 0.0
    return low + (bounds[index] - low) * max(share, 0.0)
