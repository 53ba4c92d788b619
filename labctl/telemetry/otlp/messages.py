"""The published OTLP messages, with every string field as bytes, so that invalid UTF-8 does not make a message undecodable.

Decode these fields with `text`, which shows invalid UTF-8 as U+FFFD.
"""

from functools import cache
from typing import Any


def text(encoded: bytes) -> str:
    return encoded.decode(errors="replace")


@cache
def message(name: str) -> Any:
    """The class of `opentelemetry.proto.<name>`, such as `trace.v1.Span`."""
    from google.protobuf import message_factory

    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"opentelemetry.proto.{name}"))


@cache
def _pool() -> Any:
    from google.protobuf import descriptor_pb2, descriptor_pool
    from opentelemetry.proto.common.v1 import common_pb2
    from opentelemetry.proto.logs.v1 import logs_pb2
    from opentelemetry.proto.metrics.v1 import metrics_pb2
    from opentelemetry.proto.resource.v1 import resource_pb2
    from opentelemetry.proto.trace.v1 import trace_pb2

    pool = descriptor_pool.DescriptorPool()
    for module in (common_pb2, resource_pb2, trace_pb2, metrics_pb2, logs_pb2):
        file = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(file)
        for declared in file.message_type:
            _text_as_bytes(declared)
        pool.Add(file)
    return pool


def _text_as_bytes(declared: Any) -> None:
    string, bytes_ = 9, 12                          # FieldDescriptorProto.Type
    for field in declared.field:
        if field.type == string:
            field.type = bytes_
    for nested in declared.nested_type:
        _text_as_bytes(nested)
