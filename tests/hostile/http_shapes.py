"""Requests whose shape is wrong or odd: request smuggling (RFC 9112 §11.2), verbs, targets, header floods, other protocols.

Each is sent on a connection of its own. `SMUGGLED` in one of them is a request that a lenient parser would see as a second one.
"""

from dataclasses import dataclass

from tests.hostile import bodies
from tests.hostile.ports import HttpPort

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
REFUSED = frozenset({400, 403, 404, 405, 408, 411, 413, 414, 415, 417, 421, 422, 426, 431})
OF_HTTP = frozenset({501, 505})           # RFC 9112 has them for a transfer coding and a version that a server does not know
TAKEN = frozenset({200})
VERBS = (b"TRACE", b"CONNECT", b"PROPFIND", b"PATCH", b"DELETE", b"BREW", b"get", b"G\x00T", b"A" * 5000, b"")
WEBSOCKET = b"\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n\x81\x05hello"
H2C = b", HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
H2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"


@dataclass(frozen=True, slots=True)
class Shape:
    """`statuses`: what may come back; an empty answer (the connection is closed) is a refusal too. `answers`: at most so many."""

    data: bytes
    statuses: frozenset[int] = REFUSED
    answers: int = 1

# what Go's server does, and no setting changes; nothing stands before the collector that could see it otherwise
COLLECTOR = {
    "CL and TE": TAKEN | {404}, "TE and CL": TAKEN | {404}, "10 000 fields": TAKEN, "10 000 equal fields": TAKEN,
    "path traversal in the target": frozenset({307}), "two slashes in the target": frozenset({307}),
    "absolute form without a path in the target": frozenset({307}),
    # its answer quotes what is not UTF-8, and then is no message that it can write
    "JSON: UTF-16": frozenset({500}), "JSON: a byte order mark": frozenset({500}),
}


def shapes(port: HttpPort) -> dict[str, Shape]:
    found = {**_framing(port), **_heads(port), **_targets(port), **_bodies(port), **_other_protocols(port)}
    if port.component == "collector":
        found |= {name: Shape(found[name].data, statuses, 2) for name, statuses in COLLECTOR.items()}
    return found


def _framing(port: HttpPort) -> dict[str, Shape]:
    """Where a body ends: what two parsers on one way can see differently."""
    length = b"Content-Length: %d" % len(port.body)
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(port.body), port.body)
    chunked = b"Transfer-Encoding: chunked"

    def chunk_shape(begin: bytes, end: bytes = b"\r\n0\r\n\r\n") -> Shape:
        return Shape(port.head(chunked) + b"\r\n" + begin + port.body + end + SMUGGLED)

    size, extension = b"%x" % len(port.body), b";a=" + b"b" * (1 << 20) + b"\r"
    heads = {
        "CL and TE": [b"Content-Length: 4", chunked], "TE and CL": [chunked, b"Content-Length: 4"],
        "two CLs": [length, b"Content-Length: 4"], "CL as a list": [b"Content-Length: 4, 5"],
        "CL with a sign": [b"Content-Length: +4"], "CL negative": [b"Content-Length: -1"], "CL in hex": [b"Content-Length: 0x4"],
        "CL with a space inside": [b"Content-Length: 1 0"],
        "CL with a NUL": [b"Content-Length: 4\0"], "CL beyond 64 bits": [b"Content-Length: 18446744073709551620"],
        "CL empty": [b"Content-Length: "], "CL with an underscore": [b"Content-Length: 1_0"],
        "TE unknown": [b"Transfer-Encoding: cow"], "TE chunked twice": [b"Transfer-Encoding: chunked, chunked"],
        "TE identity": [b"Transfer-Encoding: identity", length], "TE in two lines": [chunked, b"Transfer-Encoding: identity"],
        "TE with a tab": [b"Transfer-Encoding:\tchunked, cow"], "TE with VT": [b"Transfer-Encoding: \x0bchunked"],
        "TE with a space before the colon": [b"Transfer-Encoding : chunked"],
        "obs-fold in TE": [b"Transfer-Encoding:\r\n chunked, cow"],
        "CL with a space before the colon": [b"Content-Length : 4"],
    }
    found = {name: Shape(port.head(*fields) + b"\r\n" + chunks + SMUGGLED) for name, fields in heads.items()}
    return found | {
        "chunk size with 0x": chunk_shape(b"0x" + size + b"\r\n"), "chunk size negative": chunk_shape(b"-1\r\n"),
        "chunk size empty": chunk_shape(b"\r\n"), "chunk size of 17 digits": chunk_shape(b"1" + b"0" * 16 + b"\r\n"),
        "chunk size with a space before": chunk_shape(b" " + size + b"\r\n"), "chunk size in letters": chunk_shape(b"zz\r\n"),
        "chunk longer than its size": chunk_shape(b"1\r\n"),
        "chunk extension of 1 MB": Shape(port.head(chunked) + b"\r\n" + chunks.replace(b"\r", extension, 1), REFUSED | TAKEN),
        "chunk ends with LF": Shape(port.head(chunked) + b"\r\n" + size + b"\n" + port.body + b"\n0\n\n", REFUSED | TAKEN),
        "trailers without end": Shape(port.head(chunked) + b"\r\n" + chunks[:-2] + b"x: " + b"y" * (1 << 20), REFUSED | TAKEN, 2),
        "a body on GET": Shape(b"GET /none HTTP/1.1\r\nHost: localhost\r\n" + length + b"\r\n\r\n" + port.body, REFUSED),
    }


def _heads(port: HttpPort) -> dict[str, Shape]:
    length = b"Content-Length: %d" % len(port.body)
    good = port.good()
    line, rest = good.split(b"\r\n", 1)

    def with_field(field: bytes, statuses: frozenset[int] = REFUSED, answers: int = 1) -> Shape:
        return Shape(port.head(length, field) + b"\r\n" + port.body, statuses, answers)

    either = REFUSED | TAKEN
    return {
        "LF alone": Shape(good.split(b"\r\n\r\n")[0].replace(b"\r\n", b"\n") + b"\n\n" + port.body, either),
        "CR alone": Shape(good.split(b"\r\n\r\n")[0].replace(b"\r\n", b"\r") + b"\r\r" + port.body),
        "obs-fold": with_field(b"X: a\r\n b", either), "NUL in a field": with_field(b"X: a\0b"),
        "NUL in a name": with_field(b"X\0: a"), "space in a name": with_field(b"X Y: a"), "no colon": with_field(b"Xyz"),
        "empty name": with_field(b": a"), "control characters in a field": with_field(b"X: \x01\x1b[31m\x7f", either),
        "bytes above 127 in a field": with_field(b"X: \xff\xfe\xed\xa0\x80", either),
        "10 000 fields": Shape(port.head(length, *[b"X%d: y" % number for number in range(10_000)]) + b"\r\n" + port.body),
        "10 000 equal fields": Shape(port.head(length, *[b"X: y"] * 10_000) + b"\r\n" + port.body),
        "a field of 2 MB": with_field(b"X: " + b"y" * (2 << 20), answers=2),
        "a name of 2 MB": with_field(b"x" * (2 << 20) + b": y", answers=2),
        "a cookie of 100 kB": with_field(b"Cookie: " + b"c" * 100_000, either),
        "no Host": Shape(good.replace(b"Host: localhost\r\n", b"")), "two Hosts": with_field(b"Host: evil.example"),
        "an empty line before": Shape(b"\r\n\r\n" + good, either), "a space before": Shape(b" " + good),
        "HTTP/1.0": Shape(line.replace(b"1.1", b"1.0") + b"\r\n" + rest, either), "HTTP/0.9": Shape(b"GET /\r\n\r\n"),
        "HTTP/3.0": Shape(line.replace(b"1.1", b"3.0") + b"\r\n" + rest),
        "HTTP/1.10": Shape(line.replace(b"1.1", b"1.10") + b"\r\n" + rest),
        "lower case http": Shape(line.replace(b"HTTP", b"http") + b"\r\n" + rest),
        "Expect: 100-continue and no body": Shape(port.head(length, b"Expect: 100-continue") + b"\r\n"),
        "Expect: something else": with_field(b"Expect: 200-maybe", either),
        "Connection names every field": with_field(b"Connection: close, Host, Content-Length, Content-Type", either),
        "Range": with_field(b"Range: bytes=0-0,0-0,0-0," + b"1-2," * 500, either),
    }


def _targets(port: HttpPort) -> dict[str, Shape]:
    either = REFUSED | TAKEN
    end = b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
    targets = {
        "path traversal": b"/../../../../etc/passwd", "encoded traversal": b"/%2e%2e/%2e%2e/etc/passwd",
        "double encoded traversal": b"/%252e%252e/etc/passwd", "backslashes": b"/..\\..\\etc\\passwd",
        "NUL in a path": b"/health%00.json",
        "raw NUL in a path": b"/a\0b", "overlong UTF-8": b"/%c0%ae%c0%ae/", "a surrogate": b"/%ed%a0%80",
        "not UTF-8": b"/\xff\xfe",
        "a bad escape": b"/%zz%", "two slashes": b"//evil.example/health", "a path of 1 MB": b"/" + b"a" * (1 << 20),
        "a query of 60 kB": b"/api/traces?" + b"a=1&" * 15_000, "10 000 parameters": b"/api/traces?" + b"&" * 10_000,
        "an asterisk": b"*", "absolute form": b"http://localhost/none",
        "absolute form, other host": b"http://evil.example/health",
        "absolute form without a path": b"http://evil.example", "a scheme": b"file:///etc/passwd", "an empty target": b"",
        "a fragment": b"/none#x", "userinfo": b"http://a:b@localhost/none", "a bad port": b"http://localhost:99999/none",
        "bad brackets": b"http://[::1/none", "a space inside": b"/a b",
    }
    found = {f"{name} in the target": Shape(b"GET " + target + end, either, 2) for name, target in targets.items()}
    found |= {f"{verb[:10]!r} as verb": Shape(verb + b" " + port.path.encode() + end) for verb in VERBS}
    return found | {
        "OPTIONS as verb": Shape(b"OPTIONS " + port.path.encode() + end, either),
        "CONNECT to another host": Shape(b"CONNECT evil:443 HTTP/1.1\r\nHost: evil:443\r\n\r\n\x16\x03\x01", REFUSED, 2),
    }


def _bodies(port: HttpPort) -> dict[str, Shape]:
    either = REFUSED | TAKEN

    def sent_as(media_type: bytes, body: bytes, *fields: bytes) -> Shape:
        head = port.head(*fields, b"Content-Length: %d" % len(body))
        return Shape(head.replace(port.media_type.encode(), media_type) + b"\r\n" + body, either)

    own_type, texts, messages = port.media_type.encode(), bodies.json_texts(), bodies.protobufs()
    return {
        "CL of a terabyte and no body": Shape(port.head(b"Content-Length: 1099511627776") + b"\r\n"),
        "a body that is cut off": Shape(port.head(b"Content-Length: 100") + b"\r\n" + port.body[:3]),
        "pipelined": Shape(port.good() * 20, TAKEN, 20),
        "pipelined, the second one broken": Shape(port.good() + b"BREW\0 / HTTP/1.1\r\n\r\n", either, 2),
        **{f"JSON: {name}": sent_as(b"application/json", text) for name, text in texts.items()},
        **{f"protobuf: {name}": sent_as(b"application/x-protobuf", message) for name, message in messages.items()},
        **{f"a bomb of {encoding}": sent_as(own_type, bomb, b"Content-Encoding: " + encoding.encode())
           for encoding, bomb in bodies.bombs().items()},
        "JSON as protobuf": sent_as(b"application/x-protobuf", b'{"resourceSpans":[]}'),
        "protobuf as JSON": sent_as(b"application/json", b"\x0a\x02\x08\x01"),
        "a type that nobody knows": sent_as(b"text/html", port.body),
        "two types": sent_as(b"application/json, text/html", port.body),
    }


def _other_protocols(port: HttpPort) -> dict[str, Shape]:
    upgrade = b"GET %b HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade" % port.path.encode()
    return {
        "HTTP/2 preface": Shape(H2_PREFACE, REFUSED, 2),
        "TLS": Shape(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)),
        "SSH": Shape(b"SSH-2.0-OpenSSH_9.9\r\n"), "Redis": Shape(b"*1\r\n$4\r\nPING\r\n"), "zeros": Shape(bytes(70_000)),
        "PROXY protocol": Shape(b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n" + port.good()),
        "Upgrade: h2c": Shape(upgrade + H2C, answers=2),
        "WebSocket": Shape(upgrade + WEBSOCKET, answers=2),
    }
