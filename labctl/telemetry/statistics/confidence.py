"""95 % confidence intervals of percentiles, and whether there are too few samples for one.

Subtle: no shape of the distribution is assumed. How many of n samples lie below the true quantile q is binomial (n, q)
whatever the distribution, so two order statistics (samples by rank) bound it: G. J. Hahn, W. Q. Meeker, "Statistical
Intervals" (1991), section 5.2. It does assume independent samples, which requests during a stall are not.
"""

from collections.abc import Callable, Sequence
from math import ceil, exp, lgamma, log, log1p, sqrt
from typing import Final

SHARES: Final = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}
FIGURES: Final = ("min", "mean", *SHARES, "max")      # of a distribution of times
_OUTSIDE: Final = 0.025                 # probability beyond each end of the interval
_FAR: Final = 8                         # standard deviations beyond which a binomial distribution is negligible


def needed(share: float) -> int:
    """The number of samples from which on a quantile has an upper bound: all of n lie below it with probability share^n."""
    return ceil(log(_OUTSIDE) / log(share))


def too_few(count: int, share: float) -> bool:
    return count < needed(share)


def intervals(count: int, quantiles: Callable[[Sequence[float]], Sequence[float]]) -> dict[str, tuple[float, float]]:
    """The interval of each percentile from `p50` to `p99.9`, in the unit of `quantiles`; those with too few samples are left out.

    `quantiles` gives for each share the smallest value at or below which at least that share of the `count` values lies.
    """
    enough = {name: share for name, share in SHARES.items() if not too_few(count, share)}
    found = {name: [(rank - 0.5) / count for rank in ranks(count, share)] for name, share in enough.items()}
    return {name: (low, high) for name, shares in found.items() for low, high in [quantiles(shares)]}


def ranks(count: int, share: float) -> tuple[int, int]:
    """The ranks, from 1, of the samples that bound a quantile."""
    low, high, below = 1, count, 0.0
    mean, deviation = count * share, sqrt(count * share * (1 - share))
    first = max(int(mean - _FAR * deviation), 0)
    for number in range(first, min(ceil(mean + _FAR * deviation), count - 1) + 1):
        below += exp(_log_binomial(count, number, share))       # the probability of at most `number` below the quantile
        if below <= _OUTSIDE:
            low = number + 1
        if below >= 1 - _OUTSIDE:
            high = number + 1
            break
    return low, high


def at_least(number: int, count: int, share: float) -> float:
    """The probability of `number` or more successes in `count` trials with probability `share` each."""
    if number <= 0 or share >= 1:
        return 1.0
    if share <= 0:
        return 0.0
    deviation = sqrt(count * share * (1 - share))
    last = min(ceil(max(number, count * share) + _FAR * (deviation + 1)), count)
    return min(sum(exp(_log_binomial(count, one, share)) for one in range(number, last + 1)), 1.0)


def _log_binomial(count: int, number: int, share: float) -> float:
    ways = lgamma(count + 1) - lgamma(number + 1) - lgamma(count - number + 1)
    return ways + number * log(share) + (count - number) * log1p(-share)
