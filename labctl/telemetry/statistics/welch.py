"""By how much one mean is larger than another, with a confidence interval.

Subtle: a rate has to be compared by its mean. A server that stalls for just under half of the slices keeps its median rate, so
the rank test that compares times would miss it.
"""

from collections.abc import Sequence
from math import hypot, log, sqrt
from statistics import NormalDist, fmean, stdev

from labctl.telemetry.statistics.rank_test import LEAST, Shift


def ratio(before: Sequence[float], after: Sequence[float], confidence: float) -> Shift | None:
    """The logarithm of mean(after) / mean(before), for values above 0; None with fewer than five values in either.

    The interval is B. L. Welch's (1947), which allows different variances: the relative error of a mean is the absolute error of
    its logarithm.
    """
    if min(len(before), len(after)) < LEAST:
        return None
    errors = [stdev(values) / fmean(values) / sqrt(len(values)) for values in (before, after)]
    error, change = hypot(*errors), log(fmean(after)) - log(fmean(before))
    margin = error * _student((1 + confidence) / 2, _freedom(errors, (len(before), len(after)))) if error else 0.0
    return Shift(change, change - margin, change + margin)


def difference(before: Sequence[float], after: Sequence[float], confidence: float) -> Shift | None:
    """mean(after) - mean(before); None with fewer than five values in either."""
    if min(len(before), len(after)) < LEAST:
        return None
    errors = [stdev(values) / sqrt(len(values)) for values in (before, after)]
    error, change = hypot(*errors), fmean(after) - fmean(before)
    margin = error * _student((1 + confidence) / 2, _freedom(errors, (len(before), len(after)))) if error else 0.0
    return Shift(change, change - margin, change + margin)


def _freedom(errors: Sequence[float], counts: Sequence[int]) -> float:
    """Degrees of freedom, F. E. Satterthwaite (1946)."""
    return hypot(*errors)**4 / sum(error**4 / (count - 1) for error, count in zip(errors, counts, strict=True))


def _student(share: float, freedom: float) -> float:
    """The quantile of Student's t, within 2 % from four degrees of freedom on: M. Abramowitz, I. A. Stegun (1964), 26.7.5."""
    z = NormalDist().inv_cdf(share)
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2) \
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
