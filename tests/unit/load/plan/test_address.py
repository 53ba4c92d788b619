"""URLs taken apart."""

import pytest

from labctl.errors import UsageError
from labctl.load.plan.address import parse


@pytest.mark.parametrize(("url", "host", "port", "authority", "path"), [
    ("http://127.0.0.1:9002/predict", "127.0.0.1", 9002, "127.0.0.1:9002", "/predict"),
    ("http://localhost", "localhost", 80, "localhost", "/"),
    ("http://[::1]:8080/a?b=c&d", "::1", 8080, "[::1]:8080", "/a?b=c&d"),
    ("http://HOST:1/ü b", "host", 1, "host:1", "/%C3%BC%20b"),
    ("http://host:1/a%20b#part", "host", 1, "host:1", "/a%20b"),
    ("http://bücher.example:1/", "xn--bcher-kva.example", 1, "xn--bcher-kva.example:1", "/"),
])
def test_parts(url: str, host: str, port: int, authority: str, path: str) -> None:
    address = parse(url)
    assert (address.host, address.port, address.authority, address.path) == (host, port, authority, path)


@pytest.mark.parametrize("url", [
    "ftp://127.0.0.1/", "127.0.0.1:9002", "http://", "http://:80/", "http://host:99999/", "http://host:x/",
    "http://[::1/", "http://user:secret@host/", "http://h\u00f6st\ud800/", "http://host:0/", "http://a\r\nb/", "",
    "http://" + "a" * 64 + ".b/",
])
def test_what_cannot_be_loaded_is_a_usage_error(url: str) -> None:
    with pytest.raises(UsageError):
        parse(url)
