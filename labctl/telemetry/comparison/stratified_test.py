"""Whether something is more frequent in one group than in the rest, compared only with what happened at the same time.

The members are cut into strata, and in each the group is compared with the rest: W. G. Cochran (1954), N. Mantel and W. Haenszel
(1959). So a stall that makes every request of its moment slow says nothing about the attributes of those requests. The tail is
exact, the convolution of the strata's hypergeometric distributions; with one stratum it is R. A. Fisher's exact test (1935). For
large counts it is the normal approximation with a continuity correction.
"""

from collections.abc import Iterable, Sequence
from math import exp, lgamma, sqrt
from statistics import NormalDist
from typing import Final, NamedTuple

_PLAIN: Final = 1.5                     # standard deviations below which the approximation does: nobody will claim anything
_MOST_WORK: Final = 500_000             # multiplications for an exact tail


class Stratum(NamedTuple):
    members: int
    group: int                          # of the members: in the group
    having: int                         # of the members: with the property
    both: int


def more_frequent(strata: Iterable[Stratum]) -> float:
    """One-sided p-value: the probability of at least as many in the group with the property, were the two independent."""
    telling = [one for one in strata if 0 < one.group < one.members and 0 < one.having < one.members]
    observed = sum(one.both for one in telling)
    expected = sum(one.group * one.having / one.members for one in telling)
    variance = sum(_variance(one) for one in telling)
    if not variance or observed <= expected:
        return 1.0
    distance = (observed - expected - 0.5) / sqrt(variance)
    if distance < _PLAIN or _work(telling) > _MOST_WORK:
        return NormalDist().cdf(-distance)
    return min(_tail(telling, observed), 1.0)


def adjusted(p_values: Sequence[float]) -> list[float]:
    """The p-values after S. Holm (1979): with what is below a level, any false one is that improbable."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    found, highest = [0.0] * len(p_values), 0.0
    for place, index in enumerate(order):
        highest = max(highest, min(p_values[index] * (len(p_values) - place), 1.0))
        found[index] = highest
    return found


def _variance(one: Stratum) -> float:
    n = one.members
    return one.group * one.having * (n - one.group) * (n - one.having) / (n * n * (n - 1))


def _support(one: Stratum) -> range:
    return range(max(0, one.group + one.having - one.members), min(one.group, one.having) + 1)


def _work(strata: Iterable[Stratum]) -> int:
    reached = work = 0
    for one in strata:
        width = len(_support(one))
        reached += width
        work += reached * width
    return work


def _tail(strata: Iterable[Stratum], observed: int) -> float:
    """The probability that the sum over the strata is at least `observed`."""
    sums, least = [1.0], 0
    for one in strata:
        shares = [_probability(one, both) for both in _support(one)]
        least += _support(one).start
        sums = _convolved(sums, shares)
    return sum(sums[max(observed - least, 0):])


def _convolved(left: Sequence[float], right: Sequence[float]) -> list[float]:
    found = [0.0] * (len(left) + len(right) - 1)
    for shift, share in enumerate(right):
        for place, value in enumerate(left, shift):
            found[place] += value * share
    return found


def _probability(one: Stratum, both: int) -> float:
    return exp(_log_ways(one.having, both) + _log_ways(one.members - one.having, one.group - both)
               - _log_ways(one.members, one.group))


def _log_ways(of: int, chosen: int) -> float:
    return lgamma(of + 1) - lgamma(chosen + 1) - lgamma(of - chosen + 1)
