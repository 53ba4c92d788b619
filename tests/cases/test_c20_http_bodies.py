"""C20: bodies as HTTP/1.1 allows them: in chunks, compressed in chunks, announced with Expect; also on the collector's port."""

import gzip
import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from tests.unit.telemetry import requests
from tests.viewer import PROTOBUF, Viewer

BODY = requests.traces(50)


def pieces(body: bytes, size: int) -> Iterator[bytes]:
    yield from (body[begin:begin + size] for begin in range(0, len(body), size))


@pytest.fixture(params=["http", "otlp-http"])
def port(request: pytest.FixtureRequest, collector: Viewer) -> int:
    return int(collector.at[str(request.param)].rpartition(":")[2])


@pytest.mark.parametrize("size", [1, 700, 1 << 20])
@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_chunks(collector: Viewer, port: int, size: int, encoding: str) -> None:
    body = gzip.compress(BODY) if encoding else BODY
    headers = PROTOBUF | {"transfer-encoding": "chunked"} | ({"content-encoding": encoding} if encoding else {})
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        for _ in range(2):                              # the connection can be used again
            connection.request("POST", "/v1/traces", pieces(body, size), headers, encode_chunked=True)
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b"")
    assert collector.counts()["spans"] == 100


def test_expect_is_answered_at_once(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        head = (f"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n"
                f"Content-Length: {len(BODY)}\r\nExpect: 100-continue\r\n\r\n")
        client.sendall(head.encode())
        begun = time.monotonic()
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        waited = time.monotonic() - begun
        client.sendall(BODY)
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")
    assert waited < 0.5         # a client sends its body anyway after a second


@pytest.mark.parametrize(("head", "status"), [
    (b"Content-Length: 99999999999\r\n", b"413"), (b"Content-Length: -1\r\n", b"400"), (b"Content-Length: x\r\n", b"400"),
    (b"Content-Length: 3\r\nContent-Length: 4\r\n", b"400"), (b"Transfer-Encoding: gzip, chunked\r\n", b"501"),
    (b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", b"400"), (b"Content-Encoding: br\r\nContent-Length: 0\r\n", b"415"),
])
def test_bodies_that_cannot_be_are_refused(viewer: Viewer, head: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", viewer.port), 10) as client:
        start = b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n"
        client.sendall(start + head + b"\r\n")
        assert client.recv(1000).split()[1] == status


ENDS = {"more": gzip.compress(BODY) + b"more", "less": gzip.compress(BODY)[:-1], "twice": gzip.compress(BODY) * 2}


@pytest.mark.parametrize("body", ENDS.values(), ids=ENDS)
def test_gzip_that_ends_early_or_late_is_refused(viewer: Viewer, body: bytes) -> None:
    assert viewer.send(body, {"content-encoding": "gzip"}).status == 400
    assert viewer.counts()["spans"] == 0


def test_a_body_in_chunks_is_bounded_too(viewer: Viewer) -> None:
    headers = PROTOBUF | {"transfer-encoding": "chunked"}
    with closing(http.client.HTTPConnection("127.0.0.1", viewer.port, timeout=20)) as connection:
        with suppress(OSError):                         # the answer comes before the end of the body
            connection.request("POST", "/v1/traces", pieces(bytes(17 << 20), 1 << 16), headers, encode_chunked=True)
        assert connection.getresponse().status == 413
