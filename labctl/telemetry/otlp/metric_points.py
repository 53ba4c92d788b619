"""A metric's data points as rows: one shape for sums, gauges and histograms.

Subtle: the SDK exports each exemplar only once, with the first export after the measurement; so they have to be stored.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any, NamedTuple

from google.protobuf.message import DecodeError

from labctl.telemetry.otlp import exponential, partial_messages
from labctl.telemetry.otlp.attributes import table
from labctl.telemetry.otlp.batch import LATEST, Batch, Malformed, RefusedItem, checked_time
from labctl.telemetry.otlp.messages import message, text
from labctl.telemetry.otlp.resource import Sender, sender_of
from labctl.telemetry.otlp.size_limits import MOST_ITEM_BYTES, MOST_PARTS

KINDS = {                               # field of Metric → our type, message of its points
    "gauge": ("gauge", "NumberDataPoint"), "sum": ("sum", "NumberDataPoint"), "histogram": ("histogram", "HistogramDataPoint"),
    "exponential_histogram": ("histogram", "ExponentialHistogramDataPoint"), "summary": ("histogram", "SummaryDataPoint"),
}
NO_RECORDED_VALUE = 1                   # DataPointFlags: the series has ended, and this point has no value


class Exemplar(NamedTuple):
    time: int                           # Unix nanoseconds
    value: float | str                  # as of a point
    trace_id: bytes
    span_id: bytes


@dataclass(frozen=True, slots=True)
class PointRow:
    """Without value and count, the series has ended. NaN is the text "NaN", because SQLite would store NULL."""

    name: str
    unit: str
    type: str                           # sum | gauge | histogram
    monotonic: int
    attributes: str                     # JSON, keys in order
    start: int                          # Unix nanoseconds; a change means that the counter was reset
    time: int
    value: float | str | None = None    # of a sum or gauge
    count: int | None = None            # of a histogram, like all fields below
    sum: float | str | None = None
    min: float | str | None = None
    max: float | str | None = None
    bounds: str | None = None           # JSON
    counts: str | None = None           # JSON, one longer than bounds, or empty like them
    exemplars: tuple[Exemplar, ...] = ()


def of_request(request: Any) -> Batch:
    """Rows of an ExportMetricsServiceRequest."""
    refused: Counter[str] = Counter()
    groups, points = list[tuple[Sender, list[PointRow]]](), 0
    for group, scope in [(one, scope) for one in request.groups for scope in one.scopes]:
        rows = list(islice(_of_scope(scope, refused), MOST_PARTS + 1 - points))
        points += len(rows)
        if points > MOST_PARTS:
            raise Malformed(f"a request has at most {MOST_PARTS} data points: send fewer at once")
        groups.append((sender_of(group, scope), rows))
    named = sum(len(scope.items) for group in request.groups for scope in group.scopes)
    sizes = {"resource metrics": len(request.groups), "metrics": named, "data points": sum(len(rows) for _, rows in groups)}
    return Batch("metrics", groups, sizes, refused)


def _of_scope(scope: Any, refused: Counter[str]) -> Iterator[PointRow]:
    for encoded in scope.items:
        try:
            metric = partial_messages.Metric.FromString(encoded)
        except DecodeError:
            refused["a metric that cannot be decoded"] += 1
        else:
            yield from _of_metric(metric, refused)


def _of_metric(metric: Any, refused: Counter[str]) -> Iterator[PointRow]:
    """Of a summary, whose quantiles cannot be added up, only the count, the sum and the extremes are stored."""
    for kind, (type_, point_name) in KINDS.items():
        if not metric.HasField(kind):
            continue
        data, decode = getattr(metric, kind), message(f"metrics.v1.{point_name}").FromString
        for encoded in data.points:
            try:
                if len(encoded) > MOST_ITEM_BYTES:
                    raise RefusedItem(f"a data point of more than {MOST_ITEM_BYTES >> 10} KiB")
                yield _row(metric, type_, int(type_ != "sum" or data.is_monotonic), decode(encoded))
            except RefusedItem as error:
                refused[str(error)] += 1
            except (DecodeError, RecursionError):
                refused["it cannot be decoded"] += 1


def _row(metric: Any, type_: str, monotonic: int, point: Any) -> PointRow:
    if not metric.name:
        raise RefusedItem("a metric without a name")
    attributes = json.dumps(table(point.attributes), sort_keys=True, ensure_ascii=False)
    start, time = checked_time(point.start_time_unix_nano), checked_time(point.time_unix_nano)
    head = (text(metric.name), text(metric.unit), type_, monotonic, attributes, start, time)
    if point.flags & NO_RECORDED_VALUE:
        return PointRow(*head)
    exemplars = tuple(_exemplar(one) for one in getattr(point, "exemplars", ()) if one.time_unix_nano <= LATEST)
    if type_ == "histogram":
        return PointRow(*head, None, *_distribution(point), exemplars)
    if point.WhichOneof("value") is None:
        raise RefusedItem("a data point without a value")
    return PointRow(*head, _value(point), exemplars=exemplars)


def _distribution(point: Any) -> tuple[int, Any, Any, Any, str, str]:
    bounds, counts = exponential.buckets(point) if hasattr(point, "scale") else (
        list(getattr(point, "explicit_bounds", ())), list(getattr(point, "bucket_counts", ())),
    )
    if len(counts) not in ({len(bounds) + 1} if bounds else {0, 1}):
        raise RefusedItem("a histogram whose numbers of buckets and bounds do not match")
    if any(not low < high for low, high in pairwise(bounds)) or any(map(math.isnan, bounds)):
        raise RefusedItem("a histogram whose bounds do not ascend")
    if point.count > LATEST or (counts and sum(counts) != point.count):
        raise RefusedItem("a histogram whose count is not the sum of its buckets")
    edges = json.dumps([_edge(one) for one in bounds])
    return point.count, _storable(point.sum), _extreme(point, "min"), _extreme(point, "max"), edges, json.dumps(counts)


def _extreme(point: Any, name: str) -> float | str | None:
    if hasattr(point, "quantile_values"):               # of a summary: the quantiles 0 and 1 are the extremes
        wanted = 0.0 if name == "min" else 1.0
        return next((_storable(one.value) for one in point.quantile_values if one.quantile == wanted), None)
    known = name in point.DESCRIPTOR.fields_by_name and point.HasField(name)
    return _storable(getattr(point, name)) if known else None


def _edge(bound: float) -> float:
    # JSON has no infinity, and buckets beyond the largest float are empty
    return min(max(bound, -1.7976931348623157e308), 1.7976931348623157e308)


def _exemplar(one: Any) -> Exemplar:
    return Exemplar(one.time_unix_nano, _value(one), one.trace_id, one.span_id)


def _value(point: Any) -> float | str:
    return _storable(float(getattr(point, point.WhichOneof("value") or "as_double")))


def _storable(value: float) -> float | str:
    return "NaN" if math.isnan(value) else value
