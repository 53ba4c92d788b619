"""The percentiles of a run as a person reads them: latency, how sure it is, and service time.

Subtle: a percentile of too few samples is no figure, and none is shown; the number in `Distribution` is then an estimate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from labctl import numbers
from labctl.load.confidence import SHARES, too_few
from labctl.load.summary import Distribution, Summary

TOO_FEW: Final = "too few samples"
_NAMES: Final = ("min", "mean", *SHARES, "max")


@dataclass(frozen=True, slots=True)
class Percentile:
    name: str
    latency: str                        # a dash where there is no figure
    interval: str                       # `98.1–98.9 ms`, TOO_FEW, or nothing
    service: str


def percentiles(summary: Summary) -> Sequence[Percentile]:
    """From the fastest to the slowest, `min` and `max` included."""
    return [_percentile(summary, name) for name in _NAMES]


def _percentile(summary: Summary, name: str) -> Percentile:
    count = summary.latency.count
    if count and name in SHARES and too_few(count, SHARES[name]):
        return Percentile(name, numbers.MISSING, TOO_FEW, numbers.MISSING)
    interval = numbers.between(*summary.quantiles[name]) if name in summary.quantiles else ""
    return Percentile(name, _shown(summary.latency, name), interval, _shown(summary.service_time, name))


def _shown(times: Distribution, name: str) -> str:
    return numbers.milliseconds(getattr(times, name.replace(".", "_"))) if times.count else numbers.MISSING
