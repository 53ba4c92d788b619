"""C76: a server that speaks only HTTP/2, one that expects the PROXY protocol, and a status that is none: each is named."""

from collections.abc import Callable

import pytest

from tests.cases.load_command import Load, Screen
from tests.unit.load.servers import GOOD, Client, each, serving

SETTINGS = bytes.fromhex("000012040000000000000300000080000400100000000500004000")
GOAWAY = bytes.fromhex("0000080700000000000000000000000001")
PREFACE = b"PRI * HTTP/2.0"


def http2(greeting: bytes) -> Callable[[Client], None]:
    """Greets as it would in HTTP/2, and says nothing to whoever does not speak that."""
    def handle(client: Client) -> None:
        if client.connection.recv(4096).startswith(PREFACE):
            client.send(SETTINGS)
            client.connection.recv(100)
        else:
            client.send(greeting)
    return handle


@pytest.mark.parametrize("greeting", [SETTINGS, GOAWAY, SETTINGS + GOAWAY, b""], ids=["settings", "goaway", "both", "silent"])
def test_http_2_alone_is_named(load: Load, greeting: bytes) -> None:
    with serving(http2(greeting)) as url:
        found = load(url, "-n", "10", code=6)
    assert found["server_speaks"] == "HTTP/2"
    assert found["requests"]["errors"] == {"HTTP/2 response" if greeting else "connection closed": 10}
    assert any("speaks only HTTP/2" in remark for remark in found["remarks"])


def test_the_proxy_protocol_is_named(load: Load) -> None:
    def handle(client: Client) -> None:
        if client.connection.recv(4096).startswith(b"PROXY "):
            client.send(GOOD)

    with serving(handle) as url:
        found = load(url, "-n", "10", code=6)
    assert found["server_speaks"] == "PROXY protocol"
    assert any("expects a PROXY protocol header" in remark for remark in found["remarks"])


def test_a_server_that_hangs_and_refuses_what_is_no_request_is_not_named(load: Load) -> None:
    def handle(client: Client) -> None:
        if client.connection.recv(4096).startswith(b"PROXY "):
            client.send(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        else:
            client.connection.recv(1)

    with serving(handle) as url:
        found = load(url, "-n", "3", "--timeout", "500ms", code=6)
    assert found["server_speaks"] is None


def test_a_header_of_the_proxy_protocol_for_an_answer_is_shown(load: Load) -> None:
    with serving(each(b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n", then=lambda client: None)) as url:
        found = load(url, "-n", "3", code=6)
    assert "PROXY TCP4 127.0.0.1" in found["requests"]["notes"]["malformed response"]


@pytest.mark.parametrize("status", [0, 42, 99, 600, 999])
def test_a_status_that_is_none_is_a_failure_by_its_number(load: Load, status: int) -> None:
    with serving(each(b"HTTP/1.1 %03d Odd\r\ncontent-length: 2\r\n\r\nok" % status)) as url:
        found = load(url, "-n", "10", "--timeout", "5s", code=6)
    assert found["requests"]["errors"] == {f"http {status:03d}": 10}


def test_it_is_on_the_screen(screen: Screen) -> None:
    with serving(http2(SETTINGS)) as url:
        text = screen("--url", url, "-n", "3")
    assert "HTTP/2 response 3" in text
    assert "The server speaks only HTTP/2 on this port" in text


def test_a_server_that_is_only_broken_is_not_named(load: Load) -> None:
    with serving(lambda client: None) as url:
        found = load(url, "-n", "3", code=6)
    assert found["server_speaks"] is None
