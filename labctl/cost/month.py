"""A month of the lab in quantities: requests, spans, points, records and bytes, from what a run measured and what is asked for.

Subtle: traces and logs grow with the requests, metrics with time and replicas alone. The collector samples, so that what leaves
the collector shrinks, and not what it receives.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from labctl.cost.measured.aggregated import FLUSH_S, Aggregated
from labctl.cost.measured.volume import LOGS, METRICS, SIGNALS, TRACES, SignalVolume, Volume
from labctl.cost.prices.table import MONTH_S

_MILLION: Final = 1e6
_GZIP_UNKNOWN: Final = 1.0              # not sampled: counted as not compressed


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What differs from the lab as it runs; None: nothing."""

    rps: float | None = None
    sampling: float | None = None       # share of the traces that the collector passes on
    replicas: int | None = None         # of the service
    retention_days: float | None = None
    metric_interval_s: float | None = None
    zones: int = 1
    spot: bool = False
    unbatched: bool = False             # each request's spans and records are exported by themselves
    aggregated: bool = False            # metrics are aggregated before they are handed on


@dataclass(frozen=True, slots=True)
class Month:
    requests: float
    traces: float
    items: Mapping[str, float]          # by signal: spans, data points, log records, as they reach the backend
    bytes: Mapping[str, float]          # by signal, the same, uncompressed
    compressed: Mapping[str, float]     # by signal, under gzip
    collected: float                    # bytes from the service to the collector, before sampling, uncompressed
    responses: float | None             # bytes of the responses to the requests; None: not measured
    samples: float                      # of metrics, as Prometheus counts them
    series: float                       # as Prometheus counts them
    metrics: float                      # series as OTLP counts them: a histogram is one
    source: str
    points: float = 0.0                 # data points as the viewer gets them, also where backends get fewer

    @property
    def samples_per_minute(self) -> float:
        return self.samples * 60 / MONTH_S

    @property
    def millions(self) -> float:
        return self.requests / _MILLION


def month(volume: Volume, what_if: WhatIf, replicas: int) -> Month:
    """`replicas` are those of the service that run; `what_if.rps` has to be known."""
    assert what_if.rps is not None
    requests, count = what_if.rps * MONTH_S, what_if.replicas or replicas
    share = kept_share(what_if, volume)
    passed_on = {TRACES: share, METRICS: 1.0, LOGS: 1.0}
    factors = {
        TRACES: requests / volume.requests / volume.kept if volume.kept else 0.0, LOGS: requests / volume.requests,
        METRICS: _metrics_factor(volume, what_if, count),
    }
    items = {signal: volume.of(signal).items * factors[signal] for signal in SIGNALS}
    sent = {signal: _bytes(volume.of(signal), volume, what_if, signal) * factors[signal] for signal in SIGNALS}
    passed = {signal: sent[signal] * passed_on[signal] for signal in SIGNALS}
    exports = items[METRICS] / volume.series if volume.series else 0.0
    whole = Month(
        requests, requests * share, {signal: items[signal] * passed_on[signal] for signal in SIGNALS}, passed,
        {signal: passed[signal] * _gzip(volume.of(signal)) for signal in SIGNALS}, sum(sent.values()),
        None if volume.response is None else requests * volume.response,
        exports * volume.samples, float(volume.samples * count), float(volume.series * count), volume.source,
        items[METRICS],
    )
    return _aggregated(whole, volume.aggregated, volume, count) if what_if.aggregated and volume.aggregated else whole


def _aggregated(whole: Month, left: Aggregated, volume: Volume, replicas: int) -> Month:
    """What each replica is left with, and what is counted once for all of them, as often as the collector hands it on."""
    kept, counted = left.kept, left.counted
    exports = whole.items[METRICS] / volume.series if volume.series else 0.0
    flushes = MONTH_S / FLUSH_S if exports else 0.0
    an_export = whole.bytes[METRICS] / exports if exports else 0.0
    size = an_export * (exports * kept.share + flushes * counted.share)
    return replace(
        whole, items={**whole.items, METRICS: exports * kept.series + flushes * counted.series},
        bytes={**whole.bytes, METRICS: size}, compressed={**whole.compressed, METRICS: size * _gzip(volume.of(METRICS))},
        samples=exports * kept.samples + flushes * counted.samples,
        series=float(kept.samples * replicas + counted.samples), metrics=float(kept.series * replicas + counted.series),
    )


def kept_share(what_if: WhatIf, volume: Volume | None) -> float:
    """Of the traces, that the collector passes on."""
    if what_if.sampling is not None:
        return what_if.sampling
    return volume.kept if volume else 1.0


def interval_s(volume: Volume) -> float | None:
    """How often a replica exports its metrics, from its data points: each export has one of each series."""
    points = volume.of(METRICS).items
    return volume.seconds * volume.series * volume.replicas / points if points else None


def _metrics_factor(volume: Volume, what_if: WhatIf, replicas: int) -> float:
    measured = interval_s(volume)
    slower = measured / what_if.metric_interval_s if measured and what_if.metric_interval_s else 1.0
    return MONTH_S / volume.seconds * replicas / volume.replicas * slower


def _bytes(signal: SignalVolume, volume: Volume, what_if: WhatIf, name: str) -> float:
    if not what_if.unbatched or name == METRICS:
        return signal.bytes
    exports = volume.requests if signal.items else 0
    return signal.bytes + (signal.shared or 0.0) * max(0, exports - signal.exports)


def _gzip(signal: SignalVolume) -> float:
    return _GZIP_UNKNOWN if signal.gzip is None else signal.gzip
