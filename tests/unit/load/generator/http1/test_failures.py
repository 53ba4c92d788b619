"""The names of failures."""

import errno
import ssl

import pytest

from labctl.load.generator.http1.failures import failure, malformed, shown


@pytest.mark.parametrize(("error", "name"), [
    (None, "connection closed"), (OSError(errno.ECONNRESET, "x"), "connection reset"),
    (OSError(errno.EPIPE, "x"), "connection reset"),
    (OSError(errno.EHOSTUNREACH, "No route to host"), "no route to host"), (OSError(), "oserror"),
    (ssl.SSLError(1, "[SSL] tlsv1 alert no application protocol (_ssl.c:1006)"), "tls: tlsv1 alert no application protocol"),
    (ssl.SSLEOFError(8, "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred (_ssl.c:1006)"), "tls: eof occurred"),
])
def test_an_error_has_a_name_in_words(error: OSError | None, name: str) -> None:
    assert failure(error) == name


@pytest.mark.parametrize(("first", "name"), [
    (bytes.fromhex("00001204000000000000"), "HTTP/2 response"), (bytes.fromhex("00000807000000000000"), "HTTP/2 response"),
    (bytes.fromhex("15030100020246"), "TLS response"), (b"HTTP/1.1 OK\r\n", "malformed response"), (b"", "malformed response"),
])
def test_what_is_no_http_1_is_named_by_its_first_bytes(first: bytes, name: str) -> None:
    assert malformed(first) == name


def test_first_bytes_can_be_seen() -> None:
    assert shown(b"a'\x1b\xff\r\n") == r"a'\x1b\xff\r\n"
    assert shown(b"x" * 1000) == "x" * 60 + "…"
