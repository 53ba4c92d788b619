"""OTLP requests as rows: decoded as far as a query needs, the rest kept as the bytes that came.

Subtle: a span is never decoded whole here. The descriptors below name only the fields that become columns, and declare `spans` as
bytes, so a span's own encoding is stored without being made again. Field numbers are those of opentelemetry-proto
(trace/v1/trace.proto, collector/trace/v1/trace_service.proto).
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

ERROR_STATUS = 2                        # Status.STATUS_CODE_ERROR
TRACE_ID_BYTES, SPAN_ID_BYTES = 16, 8
LATEST = (1 << 63) - 1                  # what SQLite holds as an integer


class Malformed(ValueError):
    """The request is not OTLP."""


SpanRow = tuple[bytearray, bytearray, bytearray, str, int, int, int, int, bytearray]
"""trace id, span id, parent id (empty at a root), name, kind, start (Unix ns), duration (ns), 1 if it failed, the encoded Span.

A plain tuple, because a named one costs as much as decoding does; bytearrays, because sqlite3 looks for an adapter of every
bytes (and bool) that it is given, and takes a bytearray (and int) as it is.
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """One request: rows by the encoded Resource that they came with, and the counts that a debug line shows."""

    signal: str                         # traces | metrics | logs
    groups: list[tuple[bytes, list[Any]]]
    sizes: dict[str, int]               # "resource spans": 1, "spans": 20

    @property
    def items(self) -> int:
        """Spans, data points or log records."""
        return sum(len(rows) for _, rows in self.groups)


def _messages() -> dict[str, Any]:
    bytes_, string, int32, fixed64, message = 12, 9, 5, 6, 11
    file = descriptor_pb2.FileDescriptorProto(name="slim.proto", package="slim", syntax="proto3")
    shapes: dict[str, list[tuple[str, int, int, bool]]] = {
        "Request": [("ResourceSpans", 1, message, True)],
        "ResourceSpans": [("resource", 1, bytes_, False), ("ScopeSpans", 2, message, True)],
        "ScopeSpans": [("spans", 2, bytes_, True)],
        "Status": [("code", 3, int32, False)],
        "Span": [
            ("trace_id", 1, bytes_, False), ("span_id", 2, bytes_, False), ("parent_span_id", 4, bytes_, False),
            ("name", 5, string, False), ("kind", 6, int32, False), ("start", 7, fixed64, False), ("end", 8, fixed64, False),
            ("Status", 15, message, False),
        ],
    }
    for name, fields in shapes.items():
        shape = file.message_type.add(name=name)
        for field, number, type_, repeated in fields:
            added = shape.field.add(name=field.lower(), number=number, label=3 if repeated else 1, type=type_)
            if type_ == message:
                added.type_name = f".slim.{field}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"slim.{name}")) for name in shapes}


_SLIM = _messages()
_request, _span = _SLIM["Request"].FromString, _SLIM["Span"].FromString


def traces(body: bytes) -> Batch:
    """Rows of an ExportTraceServiceRequest. Raises Malformed."""
    try:
        request = _request(body)
        groups = [(one.resource, _rows(one)) for one in request.resourcespans]
    except (DecodeError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from None
    return Batch("traces", groups, {"resource spans": len(groups), "spans": sum(len(rows) for _, rows in groups)})


def _rows(resource: Any) -> list[SpanRow]:
    # the hot path: a call or a generator per span would cost a third more
    rows: list[SpanRow] = []
    add = rows.append
    for scope in resource.scopespans:
        for raw in scope.spans:
            span = _span(raw)
            trace_id, span_id, start, end = span.trace_id, span.span_id, span.start, span.end
            if len(trace_id) != TRACE_ID_BYTES or len(span_id) != SPAN_ID_BYTES:
                raise Malformed("a span without a trace id of 16 bytes and a span id of 8")
            if start > LATEST or end > LATEST:
                raise Malformed("a span whose time does not fit 63 bits")
            add((
                bytearray(trace_id), bytearray(span_id), bytearray(span.parent_span_id), span.name, span.kind, start,
                end - start if end > start else 0, 1 if span.status.code == ERROR_STATUS else 0, bytearray(raw),
            ))
    return rows


def metrics(body: bytes) -> Batch:
    """Rows of an ExportMetricsServiceRequest. Raises Malformed."""
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    from labctl.telemetry.otlp.metric_points import points

    request = _parse(ExportMetricsServiceRequest, body)
    groups = [
        (one.resource.SerializeToString(), [p for scope in one.scope_metrics for metric in scope.metrics for p in points(metric)])
        for one in request.resource_metrics
    ]
    named = sum(len(scope.metrics) for one in request.resource_metrics for scope in one.scope_metrics)
    sizes = {"resource metrics": len(groups), "metrics": named, "data points": sum(len(rows) for _, rows in groups)}
    return Batch("metrics", groups, sizes)


class LogRow(NamedTuple):
    time: int                           # Unix nanoseconds
    severity: str
    body: str
    trace_id: bytes
    span_id: bytes
    raw: bytes                          # the encoded LogRecord


def logs(body: bytes) -> Batch:
    """Rows of an ExportLogsServiceRequest. Raises Malformed."""
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    request = _parse(ExportLogsServiceRequest, body)
    groups = [
        (one.resource.SerializeToString(), [_log(record) for scope in one.scope_logs for record in scope.log_records])
        for one in request.resource_logs
    ]
    return Batch("logs", groups, {"resource logs": len(groups), "log records": sum(len(rows) for _, rows in groups)})


def _log(record: Any) -> LogRow:
    from labctl.telemetry.otlp.attributes import value

    time = record.time_unix_nano or record.observed_time_unix_nano
    body = value(record.body)
    text = body if isinstance(body, str) else "" if body is None else repr(body)
    return LogRow(time & LATEST, record.severity_text, text, record.trace_id, record.span_id, record.SerializeToString())


def _parse(kind: Any, body: bytes) -> Any:
    try:
        return kind.FromString(body)
    except (DecodeError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from None


DECODERS = {"traces": traces, "metrics": metrics, "logs": logs}
