"""The telemetry of a load run as it was measured: exports, items and bytes of each signal, over how long, for how many requests.

Bytes are OTLP as protobuf, uncompressed, and only the service's: client spans of the load generator are nobody's bill.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from labctl.cost.measured.aggregated import Aggregated, from_json

TRACES, METRICS, LOGS = "traces", "metrics", "logs"
SIGNALS: Final = (TRACES, METRICS, LOGS)
ITEMS: Final = {TRACES: "spans", METRICS: "data points", LOGS: "log records"}


@dataclass(frozen=True, slots=True)
class SignalVolume:
    exports: int
    items: int                          # spans, data points, log records
    bytes: int
    shared: float | None = None         # bytes of an export that are not its items': resource and scopes; None: not sampled
    gzip: float | None = None           # the share of the bytes that is left under gzip; None: not sampled


@dataclass(frozen=True, slots=True)
class Volume:
    """`source` names the run, or whose reference figures they are."""

    source: str
    seconds: float                      # in which the telemetry came
    requests: int
    replicas: int                       # of the service
    signals: Mapping[str, SignalVolume]
    series: int                         # of metrics, of one replica
    samples: int                        # a point of each series, as Prometheus counts: a histogram has one for each bucket
    kept: float = 1.0                   # the share of the traces that sampling had left when they came
    response: float | None = None       # bytes of a response, head and body; None: not measured
    measured: bool = True
    aggregated: Aggregated | None = None       # what --aggregate would leave of the metrics, or leaves; None: not known

    def of(self, signal: str) -> SignalVolume:
        return self.signals.get(signal, SignalVolume(0, 0, 0))

    def as_json(self) -> dict[str, Any]:
        value = asdict(self)
        return {**value, "signals": {name: asdict(one) for name, one in self.signals.items()}}


def volume(value: Mapping[str, Any]) -> Volume:
    """From its JSON. Raises KeyError, TypeError or AttributeError for a value that is none."""
    signals = {name: SignalVolume(**one) for name, one in value["signals"].items()}
    return Volume(**{**value, "signals": signals, "aggregated": from_json(value.get("aggregated"))})


def received(before: Mapping[str, Any], after: Mapping[str, Any], ours: Sequence[str]) -> dict[str, SignalVolume] | None:
    """By signal, what a viewer has received between two of its answers, of all services but `ours`; None: it was restarted."""
    if before["started"] != after["started"]:
        return None
    return {signal: _since(before["signals"].get(signal), after["signals"].get(signal), ours) for signal in SIGNALS}


def _since(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, ours: Sequence[str]) -> SignalVolume:
    total = {name: _sum(after, name, ours) - _sum(before, name, ours) for name in ("exports", "items", "bytes")}
    sample = {name: _sampled(after, name) - _sampled(before, name) for name in ("exports", "shared", "bytes", "compressed")}
    shared = sample["shared"] / sample["exports"] if sample["exports"] else None
    gzip = sample["compressed"] / sample["bytes"] if sample["bytes"] else None
    return SignalVolume(total["exports"], total["items"], total["bytes"], shared, gzip)


def _sum(signal: Mapping[str, Any] | None, name: str, ours: Sequence[str]) -> int:
    services = (signal or {}).get("services", {})
    return sum(int(one[name]) for service, one in services.items() if service not in ours)


def _sampled(signal: Mapping[str, Any] | None, name: str) -> int:
    return int((signal or {}).get("sample", {}).get(name, 0))
