"""Whether a run that is under way has broken a threshold, by more than chance can explain: then it need not go on.

Both a percentile and a share of errors say how many requests may lie on the wrong side, so the question is how likely as
many of them would be if the threshold held. `min`, `mean`, `rate`, `dropped` and `lost` are only known when a run is over.
"""

from collections.abc import Sequence
from typing import Final

from labctl.load.measure.summary import Snapshot
from labctl.load.plan.thresholds import Threshold
from labctl.load.statistics.confidence import SHARES, at_least

_CHANCE: Final = 1e-4                   # it is asked eight times a second


def broken(thresholds: Sequence[Threshold], snapshot: Snapshot) -> Threshold | None:
    """The first threshold that this much of the run has broken."""
    return next((threshold for threshold in thresholds if threshold.sign.startswith("<") and _broken(threshold, snapshot)), None)


def _broken(threshold: Threshold, snapshot: Snapshot) -> bool:
    failed, finished = snapshot.measured
    if threshold.figure == "max":
        return not threshold.met(snapshot.latency.max)
    if threshold.figure == "errors":
        return _too_many(failed, finished, threshold.limit / 100) if threshold.unit else not threshold.met(failed)
    if threshold.figure in SHARES:
        beyond = sum(bucket.count for bucket in snapshot.histogram if bucket.from_ms >= threshold.limit)
        return _too_many(beyond, snapshot.latency.count, 1 - SHARES[threshold.figure])
    return False


def _too_many(found: int, of: int, allowed: float) -> bool:
    return found > of * allowed and at_least(found, of, allowed) < _CHANCE
