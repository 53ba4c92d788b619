"""The bytes of a request, and what a connection makes of what comes when nothing was asked."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from labctl.load.generator.http1.connection import Connection
from labctl.load.generator.http1.known_heads import KnownHeads
from tests.unit.load.servers import GOOD

RUN = "00112233445566aa"


class Transport:
    """One end of a socket pair; notes what is done to it, and what the connection writes past it."""

    def __init__(self) -> None:
        self.end, self.peer = socket.socketpair()
        self.end.setblocking(False)
        self.done: list[object] = []

    def get_extra_info(self, name: str) -> socket.socket | None:
        return {"socket": self.end, "sslcontext": None}[name]

    def write(self, data: bytes) -> None:
        self.done.append(data)

    def abort(self) -> None:
        self.done.append("abort")


class Listener:
    def __init__(self) -> None:
        self.heard: list[tuple[object, ...]] = []

    def answered(self, status: int, reusable: bool) -> None:
        self.heard.append((status, reusable))

    def broken(self, kind: str, unanswered: bool) -> None:
        self.heard.append((kind,))

    def lost(self) -> None:
        self.heard.append(("lost",))


@pytest.fixture(name="wired")
def connected() -> Iterator[tuple[Connection, Transport, Listener]]:
    transport, listener = Transport(), Listener()
    connection = Connection(listener, KnownHeads([True] * 1000), {})
    connection.connection_made(transport)  # type: ignore[arg-type]
    yield connection, transport, listener
    transport.end.close()
    transport.peer.close()


def test_one_request_is_one_write_and_one_answer(wired: Any) -> None:
    connection, transport, listener = wired
    connection.send(b"request")
    assert transport.peer.recv(100) == b"request"
    connection.data_received(GOOD[:30])
    assert listener.heard == []
    connection.data_received(GOOD[30:])
    assert (transport.done, listener.heard) == ([], [(200, True)])


def test_what_the_kernel_does_not_take_goes_through_the_transport_and_so_does_all_that_follows(wired: Any) -> None:
    connection, transport, _ = wired
    connection.send(bytes(10_000_000))
    (rest,) = transport.done
    assert 0 < len(rest) < 10_000_000
    transport.done.clear()
    connection.data_received(GOOD)
    connection.send(b"next")
    assert transport.done == [b"next"]


def test_a_dead_socket_is_left_to_the_transport(wired: Any) -> None:
    connection, transport, _ = wired
    transport.peer.close()
    connection.send(b"request")
    assert transport.done == [b"request"]


@pytest.mark.parametrize("unasked", [GOOD, GOOD[:10], b"garbage\r\n\r\n"])
def test_what_was_not_asked_for_costs_the_connection_but_no_request(unasked: Any, wired: Any) -> None:
    connection, transport, listener = wired
    connection.data_received(unasked)
    assert (transport.done, listener.heard, connection.open) == (["abort"], [("lost",)], False)


CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
REFUSED = b"HTTP/1.1 503 No\r\ncontent-length: 18\r\n\r\n" + b"x" * 18      # as long as GOOD
CUT = [
    pytest.param(CONTINUE, id="an announcement alone"),
    pytest.param(CONTINUE + b"HTTP/1.1 200 OK\r\ncontent-length: 180\r\n\r\n" + b"x" * 18, id="half an announced answer"),
    pytest.param(CONTINUE + b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n", id="half of its chunks"),
    pytest.param(b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n2\r\nab\r\n", id="half of packed chunks"),
]


@pytest.mark.parametrize("answer", CUT)
def test_what_is_cut_off_behind_an_announcement_is_no_answer(answer: Any, wired: Any) -> None:
    connection, _, listener = wired
    connection.send(b"request")
    connection.data_received(answer)
    connection.connection_lost(None)
    assert listener.heard == [("incomplete response",)]


@pytest.mark.parametrize("head", [
    b"HTTP/1.1 200 OK\r\n\r\n", CONTINUE + b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
])
def test_an_answer_without_a_length_ends_with_the_connection(head: Any, wired: Any) -> None:
    connection, _, listener = wired
    connection.send(b"request")
    connection.data_received(head + b"some of")
    connection.data_received(b" it")
    connection.connection_lost(None)
    assert listener.heard == [(200, False)]


def test_the_status_is_that_of_the_answer_and_not_of_what_announces_another(wired: Any) -> None:
    connection, _, listener = wired
    connection.send(b"request")
    connection.data_received(GOOD + CONTINUE)
    assert listener.heard == [(200, False)]


@pytest.mark.parametrize(("first", "second", "heard"), [
    pytest.param(CONTINUE + GOOD, CONTINUE + REFUSED, [(503, True)], id="announced"),
    pytest.param(CONTINUE + GOOD, b"HTTP/1.1 103".ljust(len(CONTINUE)) + GOOD, [("malformed response",)], id="announced badly"),
    pytest.param(GOOD + b"\r\n", GOOD + b"xx", [(200, False)], id="followed by something"),
])
def test_nothing_is_learnt_from_what_stands_around_an_answer(first: Any, second: Any, heard: Any, wired: Any) -> None:
    connection, _, listener = wired
    assert len(first) == len(second)
    for answer in (first, second):
        listener.heard.clear()
        connection.send(b"request")
        connection.data_received(answer)
    assert listener.heard == heard


def test_many_announcements_before_the_answer_to_head(wired: Any) -> None:
    connection, _, listener = wired
    connection.send(b"HEAD / HTTP/1.1\r\n\r\n")
    connection.data_received(CONTINUE * 3000 + GOOD[:-18])
    assert listener.heard == [(200, True)]


def test_a_head_that_is_known_does_not_answer_for_head(wired: Any) -> None:
    connection, _, listener = wired
    for request in (b"GET / HTTP/1.1\r\n\r\n", b"HEAD / HTTP/1.1\r\n\r\n"):
        connection.send(request)
        connection.data_received(GOOD)
    assert listener.heard == [(200, True), (200, False)]


def test_a_closed_connection_is_silent(wired: Any) -> None:
    connection, transport, listener = wired
    connection.send(b"request")
    connection.close()
    connection.connection_lost(None)
    assert (transport.done, listener.heard) == (["abort"], [])
