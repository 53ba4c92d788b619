"""Requests that a seeded generator of random numbers has changed: the same seed gives the same requests.

Most keep their framing, so that many can be pipelined on one connection; the last of each batch may be any bytes.
"""

import random
from collections.abc import Iterator

from tests.hostile import http_shapes
from tests.hostile.ports import HttpPort

WORDS = (
    b"", b"\0", b"\r\n", b"\n", b"\t", b" ", b"\xff\xfe", b"\xed\xa0\x80", b"%00", b"%c0%ae", b"../", b"NaN", b"-Infinity",
    b"1e999", b"9" * 400, b"-0", b"1E400", b"true", b"null", b'"\\ud800"', b"\\u0000", b"[" * 500, b'{"a":' * 300,
    b"]", b"}", b",", b":", b'"features"', b'"rows"', b"\x80" * 10, b"\x0a\xff\xff\xff\xff\x0f", b"\x1f\x8b\x08\x00",
    b"PRI * HTTP/2.0", b"<script>", b"' OR 1=1",
)
TARGETS = (
    b"/predict", b"/predict/batch", b"/health", b"/ready", b"/openapi.json", b"/docs", b"/v1/traces", b"/v1/metrics",
    b"/v1/logs", b"/api/traces", b"/api/metrics?window=60&slots=20", b"/api/spans?share=0.1", b"/api/traces/" + b"0" * 32,
    b"/api/logs?trace_id=", b"/api/runs/ab/spans", b"/api/counts", b"/metrics", b"/", b"*", b"http://localhost/health",
)
METHODS = (b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"DELETE", b"PATCH", b"TRACE")
FIELDS = (
    b"Content-Type: application/json", b"Content-Type: application/x-protobuf", b"Content-Type: text/plain", b"Content-Type: ",
    b"Content-Encoding: gzip", b"Content-Encoding: zstd", b"Content-Encoding: deflate", b"Accept: */*",
    b"Origin: http://evil.example", b"traceparent: 00-%b-%b-01" % (b"a" * 32, b"b" * 16), b"traceparent: 00-" + b"0" * 32,
    b"tracestate: " + b"a=b," * 40, b"baggage: a=%ff", b"X-Forwarded-For: 1.2.3.4", b"Cookie: " + b"c" * 500,
    b"Accept-Encoding: gzip;q=nan", b"Expect: 100-continue",
)
BODIES = (b'{"features":[0.5,1.5,2.0]}', b'{"rows":[[1,2],[3]]}', b'{"resourceSpans":[{"scopeSpans":[{"spans":[{}]}]}]}', b"")


class Mutator:
    def __init__(self, port: HttpPort, seed: int) -> None:
        self._random = random.Random(seed)
        self._port = port
        self._bodies = (*BODIES, port.body)
        self._shapes = [shape.data for shape in http_shapes.shapes(port).values() if len(shape.data) < 20_000]

    def batches(self) -> Iterator[tuple[bytes, int]]:
        """The bytes for one connection each, and how many requests they are."""
        while True:
            count = self._random.randrange(1, self._port.pipelined)
            last = self.mutated(self._random.choice(self._shapes))
            yield b"".join(self.request() for _ in range(count)) + last, count + 1

    def request(self) -> bytes:
        """One whose end every parser finds at the same place."""
        choose, chance = self._random.choice, self._random.random
        method = b"POST" if chance() < 0.7 else choose(METHODS)
        target = self._port.path.encode() if chance() < 0.7 else choose(TARGETS)
        if chance() < 0.1:
            target = self._visible(target)
        body = choose(self._bodies) if method == b"POST" or chance() < 0.1 else b""
        body = self.mutated(body) if chance() < 0.8 else body
        fields = [b"Content-Type: " + self._port.media_type.encode()] if chance() < 0.8 else []
        fields += [choose(FIELDS) for _ in range(self._random.randrange(4)) if chance() < 0.5]
        head = b"%b %b HTTP/1.1\r\nHost: localhost\r\n" % (method, target)
        return head + b"".join(field + b"\r\n" for field in fields) + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)

    def mutated(self, data: bytes) -> bytes:
        for _ in range(self._random.randrange(1, 4)):
            data = self._once(data)
        return data

    def _once(self, data: bytes) -> bytes:
        here, there = sorted(self._random.randrange(len(data) + 1) for _ in range(2))
        match self._random.randrange(5):
            case 0:
                return data[:here] + self._random.choice(WORDS) + data[here:]
            case 1:
                return data[:here] + self._random.choice(WORDS) + data[there:]
            case 2:
                return data[:here] + data[there:]
            case 3:
                return data[:there] + data[here:there] + data[there:]
            case _:
                return data[:here] + bytes([self._random.randrange(256)]) + data[here + 1:]

    def _visible(self, target: bytes) -> bytes:
        """Changed, and still one word of printable ASCII that begins with a slash."""
        return b"/" + bytes(byte for byte in self.mutated(target) if 33 <= byte < 127)
