"""Requests with every field that OTLP has, and every kind of value."""

import time
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

NOW = time.time_ns() - 10**9
TRACE, SPANS = bytes(range(16)), [bytes([8 + number] * 8) for number in range(4)]
TEXTS = ("", "plain", "ünï \U0001f600", 'quote " backslash \\ \n\t\x00\x1f\u2028', "</script>")
VALUES = (
    AnyValue(), AnyValue(bool_value=False), AnyValue(bool_value=True), AnyValue(bytes_value=b""),
    AnyValue(bytes_value=bytes(range(256))),
    *(AnyValue(string_value=text) for text in TEXTS),
    *(AnyValue(int_value=number) for number in (0, -1, 2**53 + 1, 2**63 - 1, -(2**63))),
    *(AnyValue(double_value=number) for number in (0.0, -0.0, 0.1, 1e308, 5e-324, float("inf"), float("-inf"), float("nan"))),
    AnyValue(array_value=ArrayValue()), AnyValue(kvlist_value=KeyValueList()),
)
NESTED = AnyValue(kvlist_value=KeyValueList(values=[
    KeyValue(key="list", value=AnyValue(array_value=ArrayValue(values=[*VALUES]))), KeyValue(key="", value=AnyValue(int_value=7)),
]))


def pairs() -> list[KeyValue]:
    return [KeyValue(key=f"value {number}", value=value) for number, value in enumerate((*VALUES, NESTED))]


def _group(listed: Any, service: str) -> Any:
    group = listed.add(schema_url=f"https://opentelemetry.io/schemas/1.{len(service)}.0")
    group.resource.attributes.extend([KeyValue(key="service.name", value=AnyValue(string_value=service)), *pairs()])
    group.resource.dropped_attributes_count = 3
    return group


def _scope(listed: Any, name: str) -> Any:
    found = listed.add(schema_url=f"https://opentelemetry.io/schemas/{name}" if name == "two" else "")
    found.scope.name, found.scope.version, found.scope.dropped_attributes_count = name, "1.2.3", 4
    found.scope.attributes.extend(pairs())
    return found


def traces() -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    for number, (service, scope) in enumerate((("front", "one"), ("front", "two"), ("back", "two"), ("back", ""))):
        group = _group(request.resource_spans, service)
        span = (_scope(group.scope_spans, scope) if scope else group.scope_spans.add()).spans.add(
            trace_id=TRACE, span_id=SPANS[number], parent_span_id=SPANS[number - 1] if number else b"", name=TEXTS[number],
            kind=number + 1, start_time_unix_nano=NOW + number, end_time_unix_nano=NOW + 10**6, trace_state="a=b,c=d",
            flags=0x301, dropped_attributes_count=5, dropped_events_count=6, dropped_links_count=2**32 - 1, attributes=pairs(),
        )
        span.status.code, span.status.message = number % 3, TEXTS[number]
        for _ in range(2):
            span.events.add(time_unix_nano=NOW + 5, name=TEXTS[3], attributes=pairs(), dropped_attributes_count=8)
            span.links.add(trace_id=TRACE, span_id=SPANS[0], trace_state="x=y", attributes=pairs(), dropped_attributes_count=9,
                           flags=1)
    return request


def logs() -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    records = _scope(_group(request.resource_logs, "front").scope_logs, "two").log_records
    for number, body in enumerate((*VALUES, NESTED)):
        records.add(
            time_unix_nano=NOW + number, observed_time_unix_nano=NOW + 1, severity_number=9, severity_text="INFO", body=body,
            attributes=pairs(), dropped_attributes_count=1, flags=1, trace_id=TRACE if number % 2 else b"", event_name="event",
            span_id=SPANS[0] if number % 2 else b"",
        )
    return request
