"""OTLP's JSON encoding, both ways: a client span to send, and requests that came as JSON made into protobuf.

Source: the OTLP specification, "JSON Protobuf Encoding": ids are hex digits, not base64; 64-bit numbers may be strings.
"""

import json
from base64 import b64encode
from typing import Any

ID_FIELDS = {"traceId", "spanId", "parentSpanId"}
OK_BELOW = 400


def client_span(*, trace_id: str, span_id: str, start_ns: int, end_ns: int, method: str, url: str, status: int) -> bytes:
    """An ExportTraceServiceRequest with one client span of labctl's."""
    attributes = {"http.request.method": method, "url.full": url, "http.response.status_code": status}
    if status >= OK_BELOW:
        attributes["error.type"] = str(status)
    span = {
        "traceId": trace_id, "spanId": span_id, "name": method, "kind": 3, "startTimeUnixNano": str(start_ns),
        "endTimeUnixNano": str(end_ns), "attributes": _pairs(attributes), "status": {"code": 2} if status >= OK_BELOW else {},
    }
    return request([span])


def internal_span(
    *, trace_id: str, span_id: str, parent_id: str, name: str, start_ns: int, end_ns: int, attributes: dict[str, Any],
) -> dict[str, Any]:
    """A span of labctl's own work; `parent_id` is empty at the root."""
    return {
        "traceId": trace_id, "spanId": span_id, **({"parentSpanId": parent_id} if parent_id else {}), "name": name, "kind": 1,
        "startTimeUnixNano": str(start_ns), "endTimeUnixNano": str(end_ns), "attributes": _pairs(attributes), "status": {},
    }


def request(spans: list[dict[str, Any]]) -> bytes:
    """An ExportTraceServiceRequest with spans of labctl's."""
    scopes = [{"scope": {"name": "labctl"}, "spans": spans}]
    resource = {"attributes": _pairs({"service.name": "labctl"})}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]}).encode()


def _pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
        for key, value in attributes.items()
    ]


def to_protobuf(signal: str, body: bytes) -> bytes:
    """The same request in protobuf. Raises ValueError."""
    from google.protobuf.json_format import ParseDict, ParseError

    message = _message(signal)
    try:
        return bytes(ParseDict(_with_base64_ids(json.loads(body)), message(), ignore_unknown_fields=True).SerializeToString())
    except (ParseError, RecursionError, TypeError, UnicodeError) as error:
        raise ValueError(f"not OTLP in JSON: {error}") from None


def _message(signal: str) -> Any:
    if signal == "traces":
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        return ExportTraceServiceRequest
    if signal == "metrics":
        from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

        return ExportMetricsServiceRequest
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    return ExportLogsServiceRequest


def _with_base64_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_base64_ids(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: b64encode(bytes.fromhex(found)).decode() if key in ID_FIELDS and isinstance(found, str) else _with_base64_ids(found)
        for key, found in value.items()
    }
