"""OTLP messages decoded only as far as needed to find their items: spans, metrics with their points, log records.

Each item stays in its received encoding, so that an invalid one can be refused alone, and a span's encoding is stored without
encoding it again. Strings are declared as bytes, because protobuf refuses a whole message with invalid UTF-8 in it. Field
numbers are those of opentelemetry-proto; requests of all three signals have the same shape.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_BYTES, _INT32, _FIXED64, _BOOL, _INT64, _MESSAGE = 12, 5, 6, 8, 3, 11
_REPEATED, _OPTIONAL = 3, 1
_SHAPES: dict[str, list[tuple[str, int, int, str]]] = {          # field, number, type, name of the message; plural: repeated
    "Request": [("groups", 1, _MESSAGE, "Group")],
    "Group": [("resource", 1, _BYTES, ""), ("scopes", 2, _MESSAGE, "Scope"), ("schema_url", 3, _BYTES, "")],
    "Scope": [("scope", 1, _BYTES, ""), ("items", 2, _BYTES, ""), ("schema_url", 3, _BYTES, "")],
    # what the store keeps beside a Resource's own fields; the numbers are none of OTLP's
    "Origin": [("scope", 1000, _BYTES, ""), ("schema_url", 1001, _BYTES, ""), ("scope_schema_url", 1002, _BYTES, "")],
    "Status": [("code", 3, _INT32, "")],
    "Span": [
        ("trace_id", 1, _BYTES, ""), ("span_id", 2, _BYTES, ""), ("parent_span_id", 4, _BYTES, ""), ("name", 5, _BYTES, ""),
        ("kind", 6, _INT32, ""), ("start", 7, _FIXED64, ""), ("end", 8, _FIXED64, ""), ("status", 15, _MESSAGE, "Status"),
    ],
    "SpanAttributes": [("attributes", 9, _BYTES, "")],
    "ResourceAttributes": [("attributes", 1, _BYTES, "")],
    "KeyValue": [("key", 1, _BYTES, ""), ("value", 2, _BYTES, "")],
    "Metric": [
        ("name", 1, _BYTES, ""), ("unit", 3, _BYTES, ""), ("gauge", 5, _MESSAGE, "Data"), ("sum", 7, _MESSAGE, "Data"),
        ("histogram", 9, _MESSAGE, "Data"), ("exponential_histogram", 10, _MESSAGE, "Data"), ("summary", 11, _MESSAGE, "Data"),
    ],
    "Data": [("points", 1, _BYTES, ""), ("aggregation_temporality", 2, _INT32, ""), ("is_monotonic", 3, _BOOL, "")],
    "Response": [("partial_success", 1, _MESSAGE, "PartialSuccess")],
    "PartialSuccess": [("rejected", 1, _INT64, ""), ("error_message", 2, _BYTES, "")],
}
_PLURAL = {"groups", "scopes", "items", "attributes", "points"}


def _classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="partial.proto", package="partial", syntax="proto3")
    for name, fields in _SHAPES.items():
        message = file.message_type.add(name=name)
        for field, number, type_, shape in fields:
            label = _REPEATED if field in _PLURAL else _OPTIONAL
            added = message.field.add(name=field, number=number, label=label, type=type_)
            if shape:
                added.type_name = f".partial.{shape}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"partial.{name}")) for name in _SHAPES}


_CLASSES = _classes()
Request, Group, Scope, Span, Metric, KeyValue, Response, Origin = (
    _CLASSES[name] for name in ("Request", "Group", "Scope", "Span", "Metric", "KeyValue", "Response", "Origin")
)
SpanAttributes, ResourceAttributes = _CLASSES["SpanAttributes"], _CLASSES["ResourceAttributes"]
