"""Bodies that are hostile under a right head: bombs of every compression, JSON and protobuf that make no sense."""

import gzip
import zlib

from tests.cases import otlp

ZEROS = bytes(1 << 20)


def bombs(mebibytes: int = 64) -> dict[str, bytes]:
    """Content-Encoding → so many MiB of zeros, compressed a thousandfold or better."""
    gzipped = _deflated(mebibytes, 31)
    return {
        "gzip": gzipped, "deflate": _deflated(mebibytes, 15), "zlib": _deflated(mebibytes, 15), "zstd": _zstd(mebibytes),
        "gzip, gzip": gzip.compress(gzipped), "br": bytes(1000),
        "snappy": b"\xff" * 1000, "lz4": b"\x04\x22\x4d\x18" + bytes(1000),
    }


def _deflated(mebibytes: int, window_bits: int) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, window_bits)
    return b"".join(deflater.compress(ZEROS) for _ in range(mebibytes)) + deflater.flush()


def _zstd(mebibytes: int) -> bytes:
    """A frame of RFC 8878 with a window of 8 MiB, whose blocks say: so often this byte."""
    size = 128 << 10
    blocks = [(size << 3 | 1 << 1).to_bytes(3, "little") + b"\0"] * (mebibytes * 8)
    last = (size << 3 | 1 << 1 | 1).to_bytes(3, "little") + b"\0"
    return b"\x28\xb5\x2f\xfd\x00" + bytes([13 << 3]) + b"".join(blocks) + last


def json_texts() -> dict[str, bytes]:
    deep = b"[" * 100_000
    span = b'{"resourceSpans":[{"scopeSpans":[{"spans":[%b]}]}]}'
    return {
        "nested": deep, "nested and closed": deep + b"]" * 100_000, "nested objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        "NaN": b'{"features":[NaN]}', "1e999": b'{"features":[1e999]}', "Infinity": span % b'{"startTimeUnixNano":Infinity}',
        "a number of 100 000 digits": b'{"features":[' + b"9" * 100_000 + b"]}", "a lone surrogate": span % b'{"name":"\\ud800"}',
        "duplicate members": b'{"features":[1],"features":["x"]}', "UTF-16": '{"features":[1]}'.encode("utf-16"),
        "a byte order mark": b"\xef\xbb\xbf{}", "NUL": b'{"features":[1]}\0',
        "cut off": b'{"resourceSpans":[{', "a text": b'"x"',
        "wrong types": span % b'{"traceId":7,"name":[],"attributes":{"a":{}},"events":"x"}',
        "a huge id": span % (b'{"traceId":"%b"}' % (b"a" * 10_000)),
        "a time beyond 64 bits": span % b'{"startTimeUnixNano":"99999999999999999999999"}', "10 000 members": _members(10_000),
    }


def _members(count: int) -> bytes:
    return b"{" + b",".join(b'"k%d":0' % number for number in range(count)) + b"}"


def protobufs() -> dict[str, bytes]:
    spans = {**otlp.bad_spans(), **otlp.odd_spans()}
    nested = otlp.span(otlp.trace_id(), otlp.span_id(), attributes=(otlp.attribute(b"k", otlp.nested(2_000)),))
    return {name: otlp.request(span) for name, span in spans.items()} | {
        "no protobuf": b"\xff\xff\xff", "a length beyond the end": b"\x0a\xff\xff\xff\xff\x0f",
        "a group that is not closed": b"\x0b" * 1000,
        "a varint without end": b"\x08" + b"\xff" * 100, "field number zero": b"\x02\x01x", "nested": otlp.request(nested),
    }
