"""By how much one mean is larger than another, and between what bounds: the bootstrap.

Subtle: a rate is a mean and nothing else. A server that answers nothing half of the time has the same median rate as before, so
that a rank test, which is what times are compared by, has little to say of it.
"""

from collections.abc import Sequence
from math import log
from random import Random

from labctl.load.ranks import LEAST, Shift

_SAMPLES = 2000


def ratio(before: Sequence[float], after: Sequence[float], confidence: float) -> Shift | None:
    """The logarithm of the mean of `after` over that of `before`, all above 0; None when there are fewer than five of either.

    Bounds are percentiles of what samples drawn from the values themselves give: B. Efron, "Bootstrap methods: another look at
    the jackknife" (1979). They are drawn in the same way each time, so that a verdict does not change when it is asked again.
    """
    if min(len(before), len(after)) < LEAST:
        return None
    random = Random(0)
    drawn = sorted(_mean(random, after) - _mean(random, before) for _ in range(_SAMPLES))
    beyond = round(_SAMPLES * (1 - confidence) / 2)
    return Shift(log(sum(after) / len(after)) - log(sum(before) / len(before)), drawn[beyond], drawn[-1 - beyond])


def _mean(random: Random, values: Sequence[float]) -> float:
    return log(sum(random.choices(values, k=len(values))) / len(values))
