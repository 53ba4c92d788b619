"""OTLP's protobuf encoding of spans and log records, written by hand.

Field numbers are those of opentelemetry-proto 1.x: trace/v1/trace.proto, logs/v1/logs.proto, common/v1/common.proto. Most
of a span repeats from request to request (its name, its attributes), so those bytes are made once and kept.
"""

import struct
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

KEPT = 4096                          # pieces; paths that a client makes up must not use memory without end

_TIMES = struct.Struct("<BQBQ").pack
_DOUBLE = struct.Struct("<Bd").pack
_LOCAL_PARENT = struct.pack("<HI", 0x0185, 0x100)    # flags, field 16, whose tag takes two bytes
_REMOTE_PARENT = struct.pack("<HI", 0x0185, 0x300)
_LOCAL_LINK = struct.pack("<BI", 0x35, 0x100)        # a link's flags, field 6
_REMOTE_LINK = struct.pack("<BI", 0x35, 0x300)
_UNSET = b"\x7a\x00"                # an empty status, field 15
_REPEATING = frozenset({str, int, bool})

_pairs: dict[tuple[int, str, type, Any], bytes] = {}
_heads: dict[tuple[str, SpanKind], bytes] = {}


_MORE = 0x80                         # set on every byte of a varint but the last


def varint(value: int) -> bytes:
    """Base 128, low groups first; negative numbers as 64 bits of two's complement."""
    value &= 0xFFFF_FFFF_FFFF_FFFF
    out = bytearray()
    while value >= _MORE:
        out.append(value & 0x7F | _MORE)
        value >>= 7
    out.append(value)
    return bytes(out)


_SMALL = tuple(varint(value) for value in range(1024))


def message(number: int, content: bytes) -> bytes:
    """A length-delimited field: strings, bytes and messages alike."""
    size = len(content)
    return _SMALL[number << 3 | 2] + (_SMALL[size] if size < len(_SMALL) else varint(size)) + content


def text(number: int, value: str) -> bytes:
    return message(number, value.encode("utf-8", "replace"))


def attributes(number: int, values: Mapping[str, Any] | None) -> bytes:
    """Repeated KeyValue, each as field `number`; only values that are likely to come again are kept."""
    if not values:
        return b""
    return b"".join([
        _pairs.get((number, key, type(value), value)) or _pair(number, key, value)
        if type(value) in _REPEATING else _pair(number, key, value)
        for key, value in values.items()])


def _pair(number: int, key: str, value: Any) -> bytes:
    made = message(number, text(1, key) + message(2, any_value(value)))
    if type(value) in _REPEATING:
        if len(_pairs) >= KEPT:
            _pairs.clear()
        _pairs[number, key, type(value), value] = made
    return made


def any_value(value: Any) -> bytes:  # noqa: PLR0911  one line per kind of value
    """The content of an AnyValue."""
    match value:
        case str():
            return text(1, value)
        case bool():
            return b"\x10" + varint(value)
        case int():
            return b"\x18" + varint(value)
        case float():
            return _DOUBLE(0x21, value)
        case bytes():
            return message(7, value)
        case Mapping():
            return message(6, attributes(1, value))
        case Sequence():
            return message(5, b"".join(message(1, any_value(item)) for item in value))
    return b"" if value is None else text(1, str(value))


def spans(batch: Iterable[ReadableSpan], resource: bytes) -> bytes:
    """An ExportTraceServiceRequest of spans that all have one resource, which `resource_of` made."""
    scopes: dict[InstrumentationScope | None, list[bytes]] = defaultdict(list)
    for span in batch:
        scopes[span.instrumentation_scope].append(message(2, _span(span)))
    return message(1, resource + b"".join(_in_scope(scope, found) for scope, found in scopes.items()))


def resource_of(resource: Resource) -> bytes:
    return message(1, attributes(1, resource.attributes))


def _in_scope(scope: InstrumentationScope | None, items: list[bytes]) -> bytes:
    if scope is None:
        return message(2, b"".join(items))
    head = text(1, scope.name) + text(2, scope.version or "") + attributes(3, scope.attributes)
    return message(2, b"".join((message(1, head), *items, text(3, scope.schema_url or ""))))


def _span(span: ReadableSpan) -> bytes:
    context, parent = span.context, span.parent
    assert context is not None  # for the type checker: a span that ended has one
    parts = [
        b"\x0a\x10", context.trace_id.to_bytes(16, "big"), b"\x12\x08", context.span_id.to_bytes(8, "big"),
        _heads.get((span.name, span.kind)) or _head(span.name, span.kind),
        _TIMES(0x39, span.start_time or 0, 0x41, span.end_time or 0),
        attributes(9, span.attributes),
        _UNSET if span.status.status_code is StatusCode.UNSET else _status(span.status),
        _REMOTE_PARENT if parent is not None and parent.is_remote else _LOCAL_PARENT,
    ]
    if parent is not None:
        parts.append(b"\x22\x08" + parent.span_id.to_bytes(8, "big"))
    if context.trace_state:
        parts.append(text(3, context.trace_state.to_header()))
    parts += [message(11, _event(event)) for event in span.events]
    parts += [message(13, _link(link)) for link in span.links]
    return b"".join(parts)


def _head(name: str, kind: SpanKind) -> bytes:
    """Name and kind; OTLP counts kinds from 1 (internal), the API from 0."""
    if len(_heads) >= KEPT:
        _heads.clear()
    made = _heads[name, kind] = text(5, name) + b"\x30" + varint(kind.value + 1)
    return made


def _status(status: Status) -> bytes:
    return message(15, text(2, status.description or "") + b"\x18" + varint(status.status_code.value))


def _event(event: Event) -> bytes:
    return struct.pack("<BQ", 0x09, event.timestamp) + text(2, event.name) + attributes(3, event.attributes)


def _link(link: Link) -> bytes:
    ids = message(1, link.context.trace_id.to_bytes(16, "big")) + message(2, link.context.span_id.to_bytes(8, "big"))
    return ids + attributes(4, link.attributes) + (_REMOTE_LINK if link.context.is_remote else _LOCAL_LINK)
