"""A trace as Tempo and Jaeger answer it becomes the spans that it is of."""

import json
from base64 import b64encode
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from labctl.telemetry.files.reading import json_cursor
from labctl.telemetry.otlp.json_format.requests import of_groups
from labctl.telemetry.otlp.resource import attributes
from tests.unit.telemetry.files.test_reading import read

TRACE, ROOT, CHILD = bytes(range(16)), b"\x00" * 7 + b"\x01", b"\x02" * 8
TAGS = [
    {"key": "span.kind", "type": "string", "value": "server"}, {"key": "otel.status_code", "type": "string", "value": "ERROR"},
    {"key": "otel.status_description", "type": "string", "value": "broken"}, {"key": "n", "type": "int64", "value": 2**53 + 1},
    {"key": "x", "type": "float64", "value": 0.5}, {"key": "ok", "type": "bool", "value": True},
    {"key": "raw", "type": "binary", "value": b64encode(b"\x00\xff").decode()},
    {"key": "otel.scope.name", "type": "string", "value": "web"},
]
LOGS = [{"timestamp": 1700000000000003, "fields": [
    {"key": "event", "type": "string", "value": "retry"}, {"key": "no", "type": "int64", "value": 3},
]}]
JAEGER: dict[str, Any] = {"data": [{
    "traceID": TRACE.hex().lstrip("0"),
    "spans": [
        {"traceID": TRACE.hex().lstrip("0"), "spanID": "1", "operationName": "GET /", "references": [], "duration": 1500,
         "startTime": 1700000000000001, "processID": "p1", "warnings": None, "logs": [], "flags": 1, "tags": TAGS},
        {"traceID": TRACE.hex(), "spanID": CHILD.hex(), "operationName": "work", "startTime": 1700000000000002, "duration": 0,
         "references": [{"refType": "CHILD_OF", "traceID": TRACE.hex(), "spanID": "1"},
                        {"refType": "FOLLOWS_FROM", "traceID": "ff", "spanID": "ee"}],
         "logs": LOGS, "processID": "p2"},
    ],
    "processes": {"p1": {"serviceName": "front", "tags": [{"key": "host.name", "type": "string", "value": "h"}]}, "p2": {}},
}], "total": 0, "errors": None}


def spans(text: str) -> list[tuple[dict[str, Any], bytes, Span]]:
    found, refused = read(text)
    assert refused == {}
    made = []
    for signal, groups in found:
        request, left = of_groups(signal, groups)
        assert not left
        made += [(attributes(group.resource), scope.scope, Span.FromString(item))
                 for group in request.groups for scope in group.scopes for item in scope.items]
    return made


@pytest.mark.parametrize("large", [False, True])
def test_a_trace_of_jaeger(monkeypatch: pytest.MonkeyPatch, large: bool) -> None:
    if large:
        monkeypatch.setattr(json_cursor, "MOST_BYTES", 300)
        monkeypatch.setattr(json_cursor.JsonCursor.small, "__defaults__", (300,))
    (front, scope, root), (back, _, child) = spans(json.dumps(JAEGER))
    assert (front, back) == ({"service.name": "front", "host.name": "h"}, {"service.name": "unknown_service"})
    assert b"web" in scope
    assert (root.trace_id, root.span_id, root.parent_span_id, root.kind) == (TRACE, ROOT, b"", 2)
    assert (root.start_time_unix_nano, root.end_time_unix_nano) == (1700000000000001000, 1700000000001501000)
    assert (root.status.code, root.status.message) == (2, "broken")
    values = {pair.key: pair.value for pair in root.attributes}
    assert (values["n"].int_value, values["x"].double_value, values["ok"].bool_value) == (2**53 + 1, 0.5, True)
    assert values["raw"].bytes_value == b"\x00\xff"
    assert (child.parent_span_id, child.links[0].span_id.hex()) == (ROOT, "00000000000000ee")
    assert (child.events[0].name, child.events[0].attributes[0].value.int_value) == ("retry", 3)


def test_a_trace_of_tempo_has_ids_in_base64() -> None:
    span = {"traceId": b64encode(TRACE).decode(), "spanId": b64encode(CHILD).decode(), "kind": "SPAN_KIND_CLIENT", "name": "n",
            "startTimeUnixNano": 1700000000000000001, "status": {"code": "STATUS_CODE_ERROR"}}
    group = {"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "s"}}]}}
    for written in ({"batches": [{**group, "instrumentationLibrarySpans": [{"spans": [span]}]}]},
                    {"trace": {"resourceSpans": [{**group, "scopeSpans": [{"spans": [span]}]}]}}):
        [(resource, _, found)] = spans(json.dumps(written))
        assert (resource, found.trace_id, found.span_id, found.kind) == ({"service.name": "s"}, TRACE, CHILD, 3)
        assert (found.start_time_unix_nano, found.status.code) == (1700000000000000001, 2)


@pytest.mark.parametrize("broken", [
    {"data": [1]}, {"data": [{"spans": [], "processes": 1}]}, {"data": [{"spans": [{"startTime": "x"}], "processes": {}}]},
    {"data": [{"spans": [{"startTime": 1e400}], "processes": {}}]},
])
def test_what_is_no_trace_of_jaeger_is_refused_alone(broken: Any) -> None:
    good = {**JAEGER, "data": [*JAEGER["data"]]}
    found, refused = read(f"{json.dumps(good)}\n{json.dumps(broken)}\n{json.dumps(good)}")
    assert (len(found), sum(refused.values())) == (2, 1)
