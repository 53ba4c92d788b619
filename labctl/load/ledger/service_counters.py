"""The service SDK's own counters of its spans, from the metrics that it sends to the viewer.

Names as in https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/. Subtle: they come once a second over the same path
as the spans, so they are evidence only for spans that are older than the latest data point.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

PROCESSED, EXPORTED = "otel.sdk.processor.span.processed", "otel.sdk.exporter.span.exported"
PENDING: Final = ("otel.sdk.processor.span.queue.size", "otel.sdk.exporter.span.inflight")
NAMES: Final = (PROCESSED, EXPORTED, *PENDING)

SAME_S: Final = 2.0                     # data points older than the latest by this are of an instance that has ended


@dataclass(frozen=True, slots=True)
class ServiceCounters:
    at: float = 0.0                     # Unix seconds of the latest data point; 0: there is none
    given_up: float = 0.0               # since the service started: its queue was full, or an export failed for good
    pending: float = 0.0                # in the SDK's queue or in flight; of an instance that has ended lately too


def read(series: Sequence[Mapping[str, Any]]) -> ServiceCounters:
    """From the viewer's series of these NAMES; others do not matter."""
    counted = [one for one in series if one["name"] in {PROCESSED, EXPORTED}]
    given_up = sum(one["value"] or 0.0 for one in counted if one["attributes"].get("error.type"))
    at = max((one["time"] for one in counted), default=0.0)
    pending = sum(one["value"] or 0.0 for one in series if one["name"] in PENDING and one["time"] > at - SAME_S)
    return ServiceCounters(at, given_up, pending)


def pending_of(series: Sequence[Mapping[str, Any]]) -> float:
    """The spans pending at the instances that have points among these `series`: the sum of the latest of each."""
    latest = {(one["name"], instance): value for one in series for _, instance, value, _ in one["points"]}
    return sum(value or 0.0 for value in latest.values())
