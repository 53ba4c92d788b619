"""Spans that labctl itself sends, as OTLP/JSON: the client span of a request, and the steps of an `up`.

Source: the OTLP specification, "JSON Protobuf Encoding": ids are hex digits, 64-bit numbers are strings.
"""

import json
from typing import Any

OK_BELOW = 400
KEEP = "labctl.keep"                    # as in manifests/switches/sampling-tail


def client_span(
    *, trace_id: str, span_id: str, start_ns: int, end_ns: int, method: str, url: str, status: int, keep: bool = False,
) -> bytes:
    """An ExportTraceServiceRequest with one client span of labctl; `keep`: tail sampling shall keep its trace."""
    attributes: dict[str, Any] = {"http.request.method": method, "url.full": url, "http.response.status_code": status}
    if status >= OK_BELOW:
        attributes["error.type"] = str(status)
    if keep:
        attributes[KEEP] = True
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
    """An ExportTraceServiceRequest with spans of labctl."""
    scopes = [{"scope": {"name": "labctl"}, "spans": spans}]
    resource = {"attributes": _pairs({"service.name": "labctl"})}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]}).encode()


def _pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}
