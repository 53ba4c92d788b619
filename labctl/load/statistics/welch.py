"""By how much one mean is larger than another, with a confidence interval.

Subtle: a rate is a mean and nothing else. A server that answers nothing half of the time has the same median rate as before, so
that a rank test, which is what times are compared by, has little to say of it.
"""

from collections.abc import Sequence
from math import hypot, log, sqrt
from statistics import NormalDist, fmean, stdev

from labctl.load.statistics.rank_test import LEAST, Shift


def ratio(before: Sequence[float], after: Sequence[float], confidence: float) -> Shift | None:
    """The logarithm of the mean of `after` over that of `before`, all above 0; None when there are fewer than five of either.

    Bounds by B. L. Welch's test (1947), which lets both vary as they do: the error of a mean, as a share of it, is that of its
    logarithm.
    """
    if min(len(before), len(after)) < LEAST:
        return None
    errors = [stdev(values) / fmean(values) / sqrt(len(values)) for values in (before, after)]
    error, change = hypot(*errors), log(fmean(after)) - log(fmean(before))
    margin = error * _student((1 + confidence) / 2, _freedom(errors, (len(before), len(after)))) if error else 0.0
    return Shift(change, change - margin, change + margin)


def _freedom(errors: Sequence[float], counts: Sequence[int]) -> float:
    """Degrees of freedom, F. E. Satterthwaite (1946)."""
    return hypot(*errors)**4 / sum(error**4 / (count - 1) for error, count in zip(errors, counts, strict=True))


def _student(share: float, freedom: float) -> float:
    """The quantile of Student's t, from four degrees on within 2 %: M. Abramowitz, I. A. Stegun (1964), 26.7.5."""
    z = NormalDist().inv_cdf(share)
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2) \
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
