"""OTLP requests made by hand, byte by byte, so that they can be wrong in any way."""

import secrets
import time

NOW = time.time_ns()
LATE = 2**64 - 1
NOT_UTF8 = b"\xff\xfe bad"


def varint(number: int) -> bytes:
    number &= 2**64 - 1
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number: int, body: bytes) -> bytes:
    """A length-delimited field."""
    return varint(number << 3 | 2) + varint(len(body)) + body


def fixed64(number: int, value: int) -> bytes:
    return varint(number << 3 | 1) + value.to_bytes(8, "little")


def integer(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def attribute(key: bytes, any_value: bytes) -> bytes:
    return field(1, key) + field(2, any_value)


def text(value: bytes) -> bytes:
    """An AnyValue."""
    return field(1, value)


def nested(depth: int) -> bytes:
    """An AnyValue: a list in a list in a list …"""
    value = text(b"deep")
    for _ in range(depth):
        value = field(5, field(1, value))
    return value


def trace_id() -> bytes:
    return b"\x01" + secrets.token_bytes(15)


def span_id() -> bytes:
    return b"\x01" + secrets.token_bytes(7)


def span(
    trace: bytes, own: bytes, name: bytes = b"work", *, parent: bytes = b"", attributes: tuple[bytes, ...] = (), kind: int = 2,
    status: int = 0, start: int = NOW, end: int | None = None, more: bytes = b"",
) -> bytes:
    return b"".join((
        field(1, trace), field(2, own), field(4, parent) if parent else b"", field(5, name), integer(6, kind), fixed64(7, start),
        fixed64(8, start + 5_000_000 if end is None else end), *(field(9, one) for one in attributes),
        field(15, integer(3, status)) if status else b"", more,
    ))


def request(*items: bytes, service: bytes = b"case") -> bytes:
    """Of any signal: they have the same shape."""
    resource = field(1, attribute(b"service.name", text(service)))
    return field(1, field(1, resource) + field(2, b"".join(field(2, item) for item in items)))


def bad_spans() -> dict[str, bytes]:
    """Spans that make no sense, each refused by itself."""
    return {
        "no ids": span(b"", b""), "zero trace id": span(bytes(16), span_id()), "zero span id": span(trace_id(), bytes(8)),
        "short trace id": span(b"short", span_id()), "long span id": span(trace_id(), bytes(9)),
        "start after 2262": span(trace_id(), span_id(), start=2**63), "end after 2262": span(trace_id(), span_id(), end=LATE),
        "short parent": span(trace_id(), span_id(), parent=b"abc"), "not a message": b"\xff\xff\xff",
        "cut off": span(trace_id(), span_id())[:-3],
    }


def odd_spans() -> dict[str, bytes]:
    """Spans that are taken, and shown as well as they can be."""
    return {
        "name not UTF-8": span(trace_id(), span_id(), NOT_UTF8),
        "attribute key not UTF-8": span(trace_id(), span_id(), attributes=(attribute(NOT_UTF8, text(b"v")),)),
        "attribute value not UTF-8": span(trace_id(), span_id(), attributes=(attribute(b"k", text(NOT_UTF8)),)),
        "event name not UTF-8": span(trace_id(), span_id(), more=field(11, field(2, NOT_UTF8))),
        "nested 120 deep": span(trace_id(), span_id(), attributes=(attribute(b"deep", nested(120)), attribute(b"k", text(b"v")))),
        "attribute that is no message": span(trace_id(), span_id(), attributes=(b"\xff\xff", attribute(b"k", text(b"v")))),
        "status 3": span(trace_id(), span_id(), status=3), "status 9": span(trace_id(), span_id(), status=9),
        "status -1": span(trace_id(), span_id(), status=-1), "kind -1": span(trace_id(), span_id(), kind=-1),
        "kind 77": span(trace_id(), span_id(), kind=77), "without times": span(trace_id(), span_id(), start=0, end=0),
        "ends before it starts": span(trace_id(), span_id(), start=NOW, end=NOW - 10**9),
        "an empty name": span(trace_id(), span_id(), b""),
    }


def trace_of(encoded: bytes) -> bytes:
    """The trace id of a span made here."""
    return encoded[2:18]
