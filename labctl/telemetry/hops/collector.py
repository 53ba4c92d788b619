"""The collector's own counters, since it started: what it received, left out, sent, gave up, and what still waits in it.

https://opentelemetry.io/docs/collector/internal-telemetry/#lists-of-internal-metrics. A counter that is not there has not counted
yet, so it is 0: but only where the text is a collector's at all.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from labctl.telemetry.hops.exporters import PRINTS, leading_to_viewer
from labctl.telemetry.hops.prometheus_text import samples

SIGNALS: Final = {"traces": "spans", "metrics": "metric_points", "logs": "log_records"}
_ITEMS: Final = {item: signal for signal, item in SIGNALS.items()}
_PREFIX: Final = "otelcol_"
_REFUSES: Final = "memory_limiter"      # what it refuses is sent again
_BY_NAME: Final = {
    "receiver_accepted": "received", "receiver_refused": "refused", "exporter_sent": "sent",
    "exporter_send_failed": "failed", "exporter_enqueue_failed": "failed",
}


@dataclass(slots=True)
class ExporterCounts:
    to_viewer: bool = False
    sent: Counter[str] = field(default_factory=Counter)         # items by signal
    failed: Counter[str] = field(default_factory=Counter)       # given up, or not taken into its queue
    queued: int = 0                     # batches that wait, of all signals
    capacity: int = 0                   # of the queue that is fullest; 0: unknown

    def as_json(self) -> dict[str, Any]:
        return {
            "to_viewer": self.to_viewer, "sent": dict(self.sent), "failed": dict(self.failed), "queued": self.queued,
            "capacity": self.capacity,
        }


@dataclass(slots=True)
class CollectorCounts:
    uptime_s: float | None = None       # None: it does not tell, as the viewer where it stands in for one
    received: Counter[str] = field(default_factory=Counter)     # items by signal
    received_over: Counter[tuple[str, str]] = field(default_factory=Counter)    # of these, by signal and transport
    refused: Counter[str] = field(default_factory=Counter)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)     # by signal and processor
    exporters: dict[str, ExporterCounts] = field(default_factory=dict)      # by id, less those that only print

    def held(self, signal: str = "traces") -> int | None:
        """Items that are on their way to the viewer in it; None: unknown, as where spans wait for a decision on their trace."""
        ways = [one for one in self.exporters.values() if one.to_viewer]
        if len(ways) != 1 or any("tail_sampling" in processor for _, processor in self.left_out):
            return None
        gone = sum(items for (of, _), items in self.left_out.items() if of == signal)
        return max(self.received[signal] - gone - ways[0].sent[signal] - ways[0].failed[signal], 0)


def read(text: str) -> CollectorCounts | None:
    """None where the text is not a collector's metrics."""
    found, through, known = CollectorCounts(), Counter[tuple[str, str]](), False
    for name, labels, value in _own(text):
        exporter = labels.get("exporter", "")
        signal = labels.get("otel_signal") or labels.get("data_type") or ""
        stem, _, item = _split(name)
        if stem in _BY_NAME and item in _ITEMS:
            known = True
            _counter(found, _BY_NAME[stem], exporter)[_ITEMS[item]] += int(value)
            if stem == "receiver_accepted":
                found.received_over[_ITEMS[item], labels.get("transport", "")] += int(value)
        elif name in {"processor_incoming_items", "processor_outgoing_items"} and _REFUSES not in labels.get("processor", ""):
            through[signal, labels.get("processor", "")] += int(value if "incoming" in name else -value)
        elif name == "exporter_queue_size":
            _exporter(found, exporter).queued += int(value)
        elif name == "exporter_queue_capacity":
            _exporter(found, exporter).capacity = int(value)
        elif name in {"process_uptime", "process_uptime_seconds"}:
            found.uptime_s = value
    if not known:
        return None
    found.left_out = Counter({key: items for key, items in through.items() if items > 0})
    return _with_ways(found)


def _own(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for name, labels, value in samples(text):
        if name.startswith(_PREFIX) and abs(value) < 1e18:          # noqa: PLR2004 - neither infinite nor no number
            yield name.removeprefix(_PREFIX).removesuffix("_total"), dict(labels), value


def _split(name: str) -> tuple[str, str, str]:
    """`exporter_send_failed_metric_points` into `exporter_send_failed` and `metric_points`."""
    item = next((item for item in _ITEMS if name.endswith(f"_{item}")), "")
    return name.removesuffix(f"_{item}") if item else name, "_", item


def _counter(found: CollectorCounts, name: str, exporter: str) -> Counter[str]:
    counter: Counter[str] = getattr(_exporter(found, exporter) if exporter else found, name)
    return counter


def _exporter(found: CollectorCounts, name: str) -> ExporterCounts:
    return found.exporters.setdefault(name, ExporterCounts())


def _with_ways(found: CollectorCounts) -> CollectorCounts:
    for name in leading_to_viewer(found.exporters):
        found.exporters[name].to_viewer = True
    found.exporters = {name: one for name, one in found.exporters.items() if name.partition("/")[0] != PRINTS}
    return found
