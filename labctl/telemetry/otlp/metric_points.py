"""A metric's data points as rows: one shape for sums, gauges and histograms.

Subtle: the SDK exports each exemplar once, with the first export after the measurement; whoever shows them must keep them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from labctl.telemetry.otlp.attributes import table

CUMULATIVE = 2                          # AggregationTemporality
KINDS = {"sum": "sum", "gauge": "gauge", "histogram": "histogram"}


class Exemplar(NamedTuple):
    time: int                           # Unix nanoseconds
    value: float
    trace_id: bytes
    span_id: bytes


@dataclass(frozen=True, slots=True)
class PointRow:
    name: str
    unit: str
    type: str                           # sum | gauge | histogram
    monotonic: int
    attributes: str                     # JSON, keys in order
    start: int                          # Unix nanoseconds; a new one means that counting began anew
    time: int
    value: float | None                 # of a sum or gauge
    count: int | None                   # of a histogram, like all that follow
    sum: float | None
    min: float | None
    max: float | None
    bounds: str | None                  # JSON
    counts: str | None                  # JSON, one longer than bounds
    exemplars: tuple[Exemplar, ...]


def points(metric: Any) -> Iterator[PointRow]:
    """Rows of one Metric. Exponential histograms and summaries are counted, and shown by their count and sum."""
    kind = metric.WhichOneof("data")
    if kind is None:
        return
    data = getattr(metric, kind)
    monotonic = int(kind != "sum" or data.is_monotonic)
    type_ = KINDS.get(kind, "histogram")
    for point in data.data_points:
        attributes = json.dumps(table(point.attributes), sort_keys=True, ensure_ascii=False)
        head = (metric.name, metric.unit, type_, monotonic, attributes, point.start_time_unix_nano, point.time_unix_nano)
        exemplars = tuple(_exemplar(one) for one in getattr(point, "exemplars", ()))
        if type_ == "histogram":
            yield PointRow(*head, None, *_distribution(point), exemplars)
        else:
            value = float(getattr(point, point.WhichOneof("value") or "as_double"))
            yield PointRow(*head, value, None, None, None, None, None, None, exemplars)


def _distribution(point: Any) -> tuple[int, float, float | None, float | None, str, str]:
    known = point.DESCRIPTOR.fields_by_name
    smallest, largest = (getattr(point, one) if one in known and point.HasField(one) else None for one in ("min", "max"))
    bounds, counts = list(getattr(point, "explicit_bounds", ())), list(getattr(point, "bucket_counts", ()))
    return point.count, point.sum, smallest, largest, json.dumps(bounds), json.dumps(counts)


def _exemplar(one: Any) -> Exemplar:
    return Exemplar(one.time_unix_nano, float(getattr(one, one.WhichOneof("value") or "as_double")), one.trace_id, one.span_id)
