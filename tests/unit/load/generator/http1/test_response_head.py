"""Where a response's head ends, what it says of the body, and what is mended in it."""

import pytest

from labctl.load.generator.http1.response_head import (
    MAX_RESPONSE_HEAD_BYTES,
    ends_with_the_connection,
    location,
    may_be_mended,
    mended,
    split,
    whole,
)

OK = b"HTTP/1.1 200 OK\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\n\r\n"
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


@pytest.mark.parametrize(("response", "head", "rest"), [
    (OK + b"\r\nbody", OK + b"\r\n", b"body"), (HINTS * 2 + OK + b"\r\nbody", OK + b"\r\n", b"body"), (OK, b"", OK),
    (HINTS, b"", b""),
    (b"HTTP/1.1 200 OK\nx: y\n\nbody", b"HTTP/1.1 200 OK\nx: y\n\n", b"body"), (SWITCHED + b"raw", SWITCHED, b"raw"),
])
def test_split(response: bytes, head: bytes, rest: bytes) -> None:
    assert split(response) == (head, rest)


@pytest.mark.parametrize(("fields", "body", "is_whole"), [
    (b"content-length: 2\r\n", b"ok", True), (b"content-length: 3\r\n", b"ok", False), (b"", b"", True), (b"", b"ok", False),
    (b"content-length: 12\r\ntransfer-encoding: chunked\r\n", b"2\r\nok\r\n0\r\n\r\n", False),
])
def test_whole(fields: bytes, body: bytes, is_whole: bool) -> None:
    head = OK + fields + b"\r\n"
    assert whole(head + body) == (head if is_whole else b"")
    assert whole(HINTS + head + body) == b""


@pytest.mark.parametrize(("response", "ends"), [
    (OK + b"\r\nbody", True), (OK + b"content-length: 9\r\n\r\nbody", False), (OK + b"transfer-encoding: chunked\r\n\r\n", False),
    (OK, False), (HINTS, False), (b"HTTP/1.1 200 OK\n\nbody", True), (b"HTTP/1.1 200 OK\ncontent-length: 9\n\nbody", False),
])
def test_its_end_is_the_connections(response: bytes, ends: bool) -> None:
    assert ends_with_the_connection(response) is ends


@pytest.mark.parametrize(("fields", "better"), [
    (b"Content-Length: 2\r\ncontent-length: 2\r\nx: y\r\n", b"content-length: 2\r\nx-mended:\r\nx: y\r\n"),
    (b"x: y\r\ncontent-length: 2,2\r\n", b"x: y\r\ncontent-length: 2\r\n"),
    (b"content-length: 2\r\ntransfer-encoding: gzip, chunked\r\n", b"transfer-encoding: gzip, chunked\r\nx-mended:\r\n"),
    (b"transfer-encoding: identity\r\ncontent-length: 2\r\n", b"content-length: 2\r\nx-mended:\r\n"),
])
def test_mended(fields: bytes, better: bytes) -> None:
    assert mended(OK + fields + b"\r\nbody") == OK + better + b"\r\nbody"
    assert mended(OK + better + b"\r\nbody") is None


@pytest.mark.parametrize("fields", [
    b"", b"content-length: 2\r\n", b"content-length: 2\r\ncontent-length: 3\r\n", b"content-length: +2, +2\r\n", b"x: y\r\n",
])
def test_what_cannot_be_mended(fields: bytes) -> None:
    assert mended(OK + fields + b"\r\nbody") is None


def test_it_is_worth_waiting_for_the_rest_of_a_head_only() -> None:
    assert may_be_mended(OK + b"content-length: 2, 2")
    assert not may_be_mended(OK + b"content-length: 2, 2\r\n\r\n")
    assert not may_be_mended(b"garbage\r\n")
    assert not may_be_mended(OK + b"content-length: 2\r\nx: " + b"y" * MAX_RESPONSE_HEAD_BYTES)


def test_location() -> None:
    assert location(OK + b"Location:  /there \r\n\r\nlocation: /body") == b"/there"
    assert location(OK + b"\r\nlocation: /body") == b""
