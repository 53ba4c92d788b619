"""The percentiles of a run as text: latency with its confidence interval, and service time.

Subtle: a percentile of too few samples is not shown; the number in `Distribution` is then only an estimate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from labctl import numbers
from labctl.load.measure.summary import Distribution, Summary
from labctl.telemetry.statistics.confidence import FIGURES

TOO_FEW: Final = "too few samples"
_MARKED: Final = ("p50", "p95", "p99")


@dataclass(frozen=True, slots=True)
class Percentile:
    name: str
    latency: str                        # a dash with too few samples
    interval: str                       # `98.1–98.9 ms`, TOO_FEW, or nothing
    service: str


def marks(latency: Distribution) -> Mapping[str, float]:
    """The percentiles to mark in a histogram, in milliseconds: those with enough samples."""
    return {name: value for name in _MARKED if (value := latency.figure(name)) is not None}


def percentiles(summary: Summary) -> Sequence[Percentile]:
    """From the fastest to the slowest, `min` and `max` included."""
    return [_percentile(summary, name) for name in FIGURES]


def _percentile(summary: Summary, name: str) -> Percentile:
    few = TOO_FEW if summary.latency.count and summary.latency.figure(name) is None else ""
    interval = numbers.between(*summary.quantiles[name]) if name in summary.quantiles else few
    return Percentile(name, figure(summary.latency, name), interval, figure(summary.service_time, name))


def figure(times: Distribution, name: str) -> str:
    """`98.3 ms`, or a dash where there are too few samples for it."""
    value = times.figure(name)
    return numbers.MISSING if value is None else numbers.milliseconds(value)
