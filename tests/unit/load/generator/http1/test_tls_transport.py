"""TLS between a transport and a connection, against real servers."""

import ssl
from contextlib import suppress
from typing import Any

import pytest
import trustme

from tests.unit.load.running import load
from tests.unit.load.servers import GOOD, Client, close, each, reset, serving


@pytest.fixture(name="tls", params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def server_side(request: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = request.param
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


def test_large_bodies_arrive_whole_in_both_directions(tls: ssl.SSLContext) -> None:
    sizes = []

    def handle(client: Client) -> None:
        while client.request() is not None:
            sizes.append(len(client.body))
            client.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2000000\r\n\r\n" + bytes(2_000_000))

    with serving(handle, tls=tls) as url:
        assert load(url, requests=6, body=bytes(3_000_000), insecure=True).successful == 6
    assert sizes == [3_000_000] * 6


@pytest.mark.parametrize("rps", [None, 500.0], ids=["closed", "open"])
def test_a_connection_is_kept(tls: ssl.SSLContext, rps: float | None) -> None:
    clients = set()

    def handle(client: Client) -> None:
        clients.add(client)
        while client.request() is not None:
            client.send(GOOD)

    with serving(handle, tls=tls) as url:
        assert load(url, requests=50, rps=rps, insecure=True).successful == 50
    assert len(clients) < 25                            # on a busy machine some are given up before they are used


def test_a_server_that_says_goodbye_after_each_response(tls: ssl.SSLContext) -> None:
    def handle(client: Client) -> None:
        client.request()
        client.send(GOOD)
        connection = client.connection
        assert isinstance(connection, ssl.SSLSocket)
        with suppress(OSError):
            connection.unwrap()

    with serving(handle, tls=tls) as url:
        result = load(url, method="GET", body=b"", headers={}, requests=20, concurrency=1, insecure=True)
    assert result.successful == 20


@pytest.mark.parametrize(("then", "kinds"), [(close, {"connection closed"}), (reset, {"connection reset", "connection closed"})])
def test_a_server_that_ends_without_a_response(tls: ssl.SSLContext, then: Any, kinds: set[str]) -> None:
    with serving(each(then=then), tls=tls) as url:
        result = load(url, requests=10, insecure=True)
    assert result.failed == 10
    assert set(result.errors) <= kinds


def test_a_response_that_ends_with_the_connection(tls: ssl.SSLContext) -> None:
    with serving(each(b"HTTP/1.1 200 OK\r\n\r\nsome", then=close), tls=tls) as url:
        assert load(url, requests=10, insecure=True).successful == 10


def test_a_time_out_in_the_handshake() -> None:
    """The server listens and says nothing, once it has been reached."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    first = iter([True])

    def handle(client: Client) -> None:
        if next(first, False):
            with context.wrap_socket(client.connection, server_side=True):
                pass
        else:
            client.stop.wait()

    with serving(handle) as url:
        result = load(url.replace("http:", "https:"), requests=4, timeout_s=0.3, insecure=True)
    assert result.errors == {"timeout": 4}
