"""C71: keep-alive connections that the server closed while they were idle, or while the next request was on its way.

uvicorn and Apache close after 5 s by default, which `--rps 2` with ten workers meets exactly; others close soon after an answer.
An idempotent request is sent once more on a new connection (RFC 9110, 9.2.2; RFC 9112, 9.3.1), another fails under that name.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.cases.load_command import Load, Screen, of_run
from tests.unit.load.servers import GOOD, Client, Handler, close, reset, serving

STALE = "stale connection"


def closing_on_the_second(how: Callable[[Client], None] = close, seen: list[bytes] | None = None) -> Handler:
    """Answers one request of each connection, and reads the next before it closes: that one was on its way."""
    def handle(client: Client) -> None:
        head = client.request()
        if head is None:
            return
        if seen is not None:
            seen.append(head)
        client.send(GOOD)
        client.request()
        how(client)
    return handle


@pytest.mark.parametrize("how", [close, reset])
@pytest.mark.parametrize("pace", [("--rate", "0"), ("--rps", "100")], ids=["closed", "open"])
def test_an_idempotent_request_is_sent_once_more(load: Load, how: Callable[[Client], None], pace: Sequence[str]) -> None:
    seen: list[Any] = []
    with serving(closing_on_the_second(how, seen)) as url:
        found = load(url, "-X", "GET", "-n", "40", "-c", "1", *pace)
    assert found["requests"]["successful"] == 40
    assert found["requests"]["resent"] == 39            # all but the first
    ids = [head.partition(b"traceparent: ")[2].split()[0] for head in seen if of_run(head, found)]
    assert len(ids) == len(set(ids)) == 40
    assert any("39 requests met a stale connection" in remark for remark in found["remarks"])


def test_another_fails_under_that_name_with_a_hint(load: Load) -> None:
    with serving(closing_on_the_second()) as url:
        found = load(url, "-n", "40", "-c", "1", code=6)
    assert found["requests"]["errors"] == {STALE: 20}
    assert found["requests"]["resent"] == 0
    assert any("--connections last-used" in remark for remark in found["remarks"])


def test_the_number_is_on_the_screen(screen: Screen) -> None:
    with serving(closing_on_the_second()) as url:
        text = screen("--url", url, "-X", "GET", "-n", "40", "-c", "1")
    assert "sent once more 39" in text


def test_the_time_counts_from_when_it_was_due(load: Load) -> None:
    """The server lets the request that it will not answer wait before it closes."""
    def handle(client: Client) -> None:
        client.request()
        client.send(GOOD)
        client.request()
        client.stop.wait(0.2)

    with serving(handle) as url:
        found = load(url, "-X", "GET", "-n", "4", "-c", "1")
    assert found["requests"]["resent"] == 3
    assert found["latency_ms"]["max"] > 200


def test_it_is_sent_once_more_and_not_for_ever(load: Load) -> None:
    """A server that is not there any more after its first answer."""
    answered = threading.Event()

    def handle(client: Client) -> None:
        if client.request() is not None and not answered.is_set():
            answered.set()
            client.send(GOOD)
            client.request()

    with serving(handle) as url:
        found = load(url, "-X", "GET", "-n", "10", "-c", "1", code=6)
    assert found["requests"]["successful"] == found["requests"]["resent"] == 1
    assert found["requests"]["errors"] == {"connection closed": 9}


def test_half_an_answer_is_not_asked_for_again(load: Load) -> None:
    def handle(client: Client) -> None:
        client.request()
        client.send(GOOD)
        client.request()
        client.send(GOOD[:30])

    with serving(handle) as url:
        found = load(url, "-X", "GET", "-n", "10", "-c", "1", code=6)
    assert found["requests"]["errors"] == {"incomplete response": 5}
    assert found["requests"]["resent"] == 0


def test_what_the_server_had_time_to_read_was_not_stale(load: Load) -> None:
    """It takes the second request, and dies over it."""
    def handle(client: Client) -> None:
        client.request()
        client.send(GOOD)
        client.request()
        client.stop.wait(0.8)

    with serving(handle) as url:
        found = load(url, "-n", "4", "-c", "1", code=6)
    assert found["requests"]["errors"] == {"connection closed": 2}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_was_closed_while_idle_is_not_used(load: Load, method: str) -> None:
    """It is closed 10 ms after each answer; the next request comes later than that."""
    def handle(client: Client) -> None:
        client.request()
        client.send(GOOD)
        client.stop.wait(0.01)

    with serving(handle) as url:
        found = load(url, "-X", method, "-n", "20", "-c", "2", "--rps", "10")
    assert found["requests"]["successful"] == 20
