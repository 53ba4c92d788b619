"""The Kolmogorov-Smirnov test, for distributions that are known beforehand."""

from collections.abc import Callable, Sequence
from math import sqrt

ONE_PERCENT = 1.628                     # what the statistic exceeds once in a hundred times when the distribution is the true one


def distance(values: Sequence[float], share_below: Callable[[float], float]) -> float:
    """sqrt(n) times the greatest distance between the shares below each value: those found, and those that should be."""
    number = len(values)
    shares = [share_below(value) for value in sorted(values)]
    return sqrt(number) * max(
        max((index + 1) / number - share, share - index / number) for index, share in enumerate(shares)
    )
