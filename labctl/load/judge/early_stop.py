"""Whether a run in progress has broken a threshold by more than chance can explain, so that it can stop early.

A percentile and an error rate both allow a certain share of requests to exceed a limit, so a binomial test tells how likely
the observed number is if the threshold holds. `min`, `mean`, `rate`, `dropped` and `lost` are only known after the run.
"""

from collections.abc import Sequence
from typing import Final

from labctl.load.measure.summary import Snapshot
from labctl.load.plan.thresholds import Threshold
from labctl.telemetry.statistics.confidence import SHARES, at_least

_CHANCE: Final = 1e-4                   # small, since the test runs eight times a second


def broken(thresholds: Sequence[Threshold], snapshot: Snapshot) -> Threshold | None:
    """The first threshold that the run has broken so far."""
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
