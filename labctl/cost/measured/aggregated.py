"""What of the metrics is left for a backend where `labctl up --aggregate on` is, worked out from the series that a run had.

The rules are those of manifests/switches/aggregate. Bytes are shares of what was measured, by the size of each series' point.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

LEFT_OUT: Final = "otel.sdk."           # the beginning of the names of metrics that are not handed on
COUNTED: Final = frozenset({"http_requests_total", "request_duration_ms"})     # from spans, of all replicas together
FLUSH_S: Final = 5.0
_POINT, _BUCKET, _ATTRIBUTE = 40, 16, 8  # bytes of OTLP: times and value, a count with its bound, the frame of a key and a value


@dataclass(frozen=True, slots=True)
class MetricsPart:
    """Of the metrics of one replica."""

    series: int = 0
    samples: int = 0                    # a point of each, as Prometheus counts
    share: float = 0.0                  # of the bytes of one export


@dataclass(frozen=True, slots=True)
class Aggregated:
    kept: MetricsPart                          # what each replica's metrics are left with
    counted: MetricsPart                       # from spans: there once for all replicas, every FLUSH_S


def aggregated(series: Sequence[Mapping[str, Any]]) -> Aggregated:
    """Of one replica's series, as the viewer has them."""
    kept = [one for one in series if not one["name"].startswith(LEFT_OUT) and one["name"] not in COUNTED]
    whole = sum(map(_bytes, series)) or 1
    return Aggregated(_part(kept, whole), _part([one for one in series if one["name"] in COUNTED], whole))


def samples_of(series: Mapping[str, Any]) -> int:
    """How many Prometheus has of each point: of a histogram the buckets with that to infinity, the sum and the count."""
    return len(series["bounds"]) + 3 if series["type"] == "histogram" else 1


def from_json(value: Mapping[str, Any] | None) -> Aggregated | None:
    return Aggregated(MetricsPart(**value["kept"]), MetricsPart(**value["counted"])) if value else None


def _part(series: Sequence[Mapping[str, Any]], whole: int) -> MetricsPart:
    return MetricsPart(len(series), sum(map(samples_of, series)), sum(map(_bytes, series)) / whole)


def _bytes(series: Mapping[str, Any]) -> int:
    """About, of its point."""
    attributes = sum(len(str(word)) + _ATTRIBUTE for pair in series["attributes"].items() for word in pair)
    return _POINT + _BUCKET * len(series.get("bounds", ())) + attributes
