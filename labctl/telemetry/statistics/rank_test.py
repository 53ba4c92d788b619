"""By how much one set of figures is larger than another, with a confidence interval, without assuming a distribution.

The estimate is J. L. Hodges' and E. L. Lehmann's (1963): the median of all differences between a value of one set and a value
of the other. The interval belongs to H. B. Mann's and D. R. Whitney's rank test (1947): it contains zero exactly when that
test finds no difference. A few outliers, which a shared machine always produces, affect neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist, median

LEAST = 5                               # values in each set: with fewer, the test could hardly find a difference


@dataclass(frozen=True, slots=True)
class Shift:
    estimate: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether the difference is significant: the interval does not contain zero."""
        return self.low > 0 or self.high < 0


def shift(before: Sequence[float], after: Sequence[float], confidence: float) -> Shift | None:
    """How far `after` lies above `before`; None with fewer than five values in either.

    The rank of the interval's ends among all differences is the normal approximation in M. Hollander, D. A. Wolfe, "Nonparametric
    Statistical Methods" (1973), section 4.3.
    """
    if min(len(before), len(after)) < LEAST:
        return None
    differences = sorted(late - early for early in before for late in after)
    pairs = len(differences)
    deviation = sqrt(pairs * (len(before) + len(after) + 1) / 12)
    rank = round(pairs / 2 - NormalDist().inv_cdf((1 + confidence) / 2) * deviation)
    rank = max(rank, 1)
    return Shift(median(differences), differences[rank - 1], differences[pairs - rank])
