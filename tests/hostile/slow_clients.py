"""Clients that are silent or slow, for HTTP and for gRPC: how each begins, and what it trickles every half second."""

from dataclasses import dataclass

from tests.hostile.http_shapes import H2_PREFACE
from tests.hostile.ports import HttpPort


@dataclass(frozen=True, slots=True)
class SlowClient:
    beginning: bytes
    trickle: bytes = b""
    reads: bool = True


def of_http(port: HttpPort) -> dict[str, SlowClient]:
    head = port.head()
    return {
        "silent": SlowClient(b""), "half a line": SlowClient(b"POST /"), "a line that trickles": SlowClient(b"POST /", b"x"),
        "a header that trickles": SlowClient(head, b"X: y\r\n"), "TLS": SlowClient(b"\x16\x03\x01\x02\x00"),
        "a body that trickles": SlowClient(head + b"Content-Length: 9999\r\n\r\n", b" "),
        "chunks that trickle": SlowClient(head + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        "a body that is announced and never comes": SlowClient(head + b"Content-Length: 9999\r\nExpect: 100-continue\r\n\r\n"),
        "answers that are not read": SlowClient(_often(port), b"x", reads=False),
        "a second request that trickles": SlowClient(port.good() + head, b"X: y\r\n"),
    }


def _often(port: HttpPort) -> bytes:
    """Requests with answers of more bytes than the buffers on the way hold."""
    target = b"/openapi.json" if port.component == "service" else b"/" + b"x" * 150
    return b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % target * 40_000


def of_grpc() -> dict[str, SlowClient]:
    return {
        "silent": SlowClient(b""), "half a preface": SlowClient(H2_PREFACE[:10]), "a preface": SlowClient(H2_PREFACE[:24]),
        "settings": SlowClient(H2_PREFACE),
        "half a frame": SlowClient(H2_PREFACE + b"\x00\x40\x00\x01\x04\x00\x00\x00\x01", b"x"),
        "HTTP/1.1": SlowClient(b"POST / HTTP/1.1\r\nHost: localhost\r\n", b"X: y\r\n"),
    }
