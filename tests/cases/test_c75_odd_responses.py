"""C75: responses that are odd, but that RFC 9112 lets a user agent accept, and that its peers accept, are accepted.

For the others the parser's own reason is told, and the first bytes in a form that can be seen.
"""

import pytest

from tests.cases.load_command import Load, Screen
from tests.unit.load.running import load
from tests.unit.load.servers import Client, close, each, hang, serving

OK = b"HTTP/1.1 200 OK\r\n"
ACCEPTED = {
    "obs-fold": OK + b"x-a: 1\r\n  2\r\n\t3\r\ncontent-length: 2\r\n\r\nok",
    "two equal lengths": OK + b"content-length: 2\r\nContent-Length: 2\r\n\r\nok",
    "equal lengths in one field": OK + b"content-length: 2, 2\r\nx: y\r\n\r\nok",
    "a length beside chunks": OK + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "chunks beside a length": OK + b"transfer-encoding: chunked\r\ncontent-length: 12\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "identity beside a length": OK + b"transfer-encoding: identity\r\ncontent-length: 2\r\n\r\nok",
    "line feeds alone": b"HTTP/1.1 200 OK\ncontent-length: 2\nx: y\n\nok",
    "some line feeds alone": b"HTTP/1.1 200 OK\r\ncontent-length: 2\n\r\nok",
    "spaces behind a chunk's size": OK + b"transfer-encoding: chunked\r\n\r\n2  \r\nok\r\n0 \r\n\r\n",
    "a chunk's extension": OK + b"transfer-encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\n\r\n",
    "a trailer": OK + b"transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx: y\r\n\r\n",
    "a body after 204": b"HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\nok",
    "bytes after the body": OK + b"content-length: 2\r\n\r\nokay",
    "an empty line after the body": OK + b"content-length: 2\r\n\r\nok\r\n",
    "bytes after the last response": OK + b"connection: close\r\ncontent-length: 2\r\n\r\nokay",
    "a space before the colon": OK + b"content-length : 2\r\n\r\nok",
    "an empty line before the status": b"\r\n" + OK + b"content-length: 2\r\n\r\nok",
    "no reason phrase": b"HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok",
    "a higher minor version": b"HTTP/1.2 200 OK\r\ncontent-length: 2\r\n\r\nok",
    "control characters in a value": OK + b"x: a\x01b\r\ncontent-length: 2\r\n\r\nok",
    "latin-1 in a value": OK + b"x: \xe9\xff\r\ncontent-length: 2\r\n\r\nok",
    "many early hints": b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" * 50 + OK + b"content-length: 2\r\n\r\nok",
}
REFUSED = {
    "two lengths": (OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\nok", "Duplicate Content-Length"),
    "a length with a sign": (OK + b"content-length: +2\r\n\r\nok", "Invalid character in Content-Length"),
    "a length of no end": (OK + b"content-length: 99999999999999999999999\r\n\r\n", "Content-Length overflow"),
    "a field without a colon": (OK + b"junk\r\n\r\n", "Invalid header token"),
    "no chunk's size": (OK + b"transfer-encoding: chunked\r\n\r\nok\r\n0\r\n\r\n", "Invalid character in chunk size"),
    "no HTTP": (b"+PONG \x1b[31m\xff\r\n", "Expected HTTP/"),
    "no HTTP with a number": (b"HTTP/1.1 OK\r\n\r\n", "Invalid status code"),
}


@pytest.mark.parametrize("response", ACCEPTED.values(), ids=ACCEPTED)
@pytest.mark.parametrize("rps", [None, 2000.0], ids=["closed", "open"])
def test_what_may_be_accepted_is(response: bytes, rps: float | None) -> None:
    with serving(each(response)) as url:
        result = load(url, rps=rps)
    assert (result.successful, result.errors) == (20, {})


@pytest.mark.parametrize("response", ACCEPTED.values(), ids=ACCEPTED)
def test_in_whatever_pieces_it_comes(response: bytes) -> None:
    """One connection each, so that the byte that is too much is not taken for the next response."""
    def handle(client: Client) -> None:
        client.request()
        for at in range(len(response)):
            client.send(response[at:at + 1])

    with serving(handle) as url:
        assert load(url, requests=1, concurrency=1).successful == 1


@pytest.mark.parametrize(("response", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_refused_with_the_parsers_reason(response: bytes, reason: str) -> None:
    with serving(each(response, then=hang)) as url:
        result = load(url, requests=3)
    assert result.errors == {"malformed response": 3}
    note = result.notes["malformed response"]
    assert note.startswith(reason)
    assert note.isascii()
    assert note.isprintable()


def test_the_reason_and_the_first_bytes_are_on_the_screen(screen: Screen) -> None:
    with serving(each(REFUSED["no HTTP"][0], then=hang)) as url:
        text = screen("--url", url, "-n", "3")
    assert "The first malformed response: Expected HTTP/" in text
    assert r"+PONG \x1b[31m\xff\r\n" in text


def test_a_head_without_end_is_refused_at_a_limit(load: Load) -> None:
    """And not when the time is over."""
    def handle(client: Client) -> None:
        client.request()
        client.send(OK)
        while not client.stop.is_set():
            client.send(b"x-more: " + b"y" * 8000 + b"\r\n")

    with serving(handle) as url:
        found = load(url, "-n", "2", "-c", "1", "--timeout", "30s", code=6)
    assert found["requests"]["errors"] == {"malformed response": 2}
    assert "262144 bytes" in found["requests"]["notes"]["malformed response"]


@pytest.mark.parametrize("extra", [b"okay", b"HTTP/1.1 200 OK\r\n"])
def test_bytes_that_nobody_asked_for_are_told(load: Load, extra: bytes) -> None:
    with serving(each(OK + b"content-length: 2\r\n\r\nok" + extra, then=close)) as url:
        found = load(url, "-n", "5", "-c", "1")
    assert found["requests"]["successful"] == 5
    assert any("bytes that belong to no request" in remark for remark in found["remarks"])


@pytest.mark.parametrize("response", [
    OK + b"content-length: 2\r\ncontent-length: 2\r\n\r\n", b"HTTP/1.1 200 OK\ncontent-length: 9\n\n",
])
def test_the_answer_to_head_may_be_odd_too(response: bytes) -> None:
    with serving(each(response)) as url:
        assert load(url, method="HEAD", body=b"", headers={}, timeout_s=2.0).successful == 20
