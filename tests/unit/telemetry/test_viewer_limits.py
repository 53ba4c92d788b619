"""What strangers can make the viewer do: many large answers at once, many waits, bodies in tiny chunks."""

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from labctl.host.http import get
from labctl.telemetry.http.body import MOST_CHUNKS
from labctl.telemetry.http.messages import HTTPProblem
from labctl.telemetry.query import api, turns
from labctl.telemetry.query.turns import Turns
from labctl.viewer_client.client import ViewerClient
from tests.cases import otlp
from tests.viewer import Viewer

SPANS, CLIENTS = 20_000, 12
GROWTH = 160 << 20                      # of 48 MiB of answers, and what it takes to make one; together they would take 400 MiB


def ask(viewer: Viewer, path: str, held: ExitStack) -> socket.socket:
    """A query whose answer is not read."""
    client = held.enter_context(socket.socket())
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", viewer.port))
    client.sendall(b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % path.encode())
    return client


@contextmanager
def most_memory(viewer: Viewer) -> Iterator[list[int]]:
    found, done = [viewer.rss()], threading.Event()

    def look() -> None:
        while not done.wait(0.02):
            found[0] = max(found[0], viewer.rss())

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield found
    finally:
        done.set()
        looking.join()


@pytest.mark.timeout(120)
def test_large_answers_take_turns_and_have_a_budget(viewer: Viewer) -> None:
    trace = otlp.trace_id()
    assert viewer.send(otlp.request(*(otlp.span(trace, (n + 1).to_bytes(8, "big")) for n in range(SPANS)))).status == 200
    path = f"/api/traces/{trace.hex()}"
    assert len(viewer.trace(trace)["spans"]) == SPANS
    before = viewer.rss()
    with most_memory(viewer) as most, ExitStack() as held:
        clients = [ask(viewer, path, held) for _ in range(CLIENTS)]
        heads = [client.recv(12) for client in clients]
    # how many are refused depends on how fast the others are sent
    assert b"HTTP/1.1 200" in heads
    assert set(heads) <= {b"HTTP/1.1 200", b"HTTP/1.1 429"}
    assert most[0] - before < GROWTH
    # what they took is free again
    assert len(viewer.trace(trace)["spans"]) == SPANS


@pytest.mark.timeout(60)
def test_large_spans_come_in_more_pages(viewer: Viewer) -> None:
    run, size = "07" * 4, 1 << 20
    large = otlp.attribute(b"k", otlp.text(b"x" * size))
    for _ in range(40):
        trace = bytes.fromhex(run) + otlp.trace_id()[4:]
        assert viewer.send(otlp.request(otlp.span(trace, otlp.span_id(), b"n" * size, attributes=(large,)))).status == 200
    before = viewer.rss()
    with most_memory(viewer) as most:
        pages = list(ViewerClient(viewer.url).span_pages(run))
        names = list(ViewerClient(viewer.url).run_spans(run))
    assert (len(pages), sum(len(page.starts) for page in pages), len(names)) == (3, 40, 40)
    assert most[0] - before < GROWTH


@pytest.mark.timeout(60)
def test_only_so_many_wait_for_spans(viewer: Viewer) -> None:
    with ExitStack() as held:
        clients = [ask(viewer, f"/api/traces/{'ab' * 16}?wait=30", held) for _ in range(api.MOST_WAITING + 5)]
        end, answered = time.monotonic() + 20, list[socket.socket]()
        while len(answered) < 5 and time.monotonic() < end:
            answered = select.select(clients, [], [], 0.1)[0]
        assert [client.recv(12) for client in answered] == [b"HTTP/1.1 404"] * 5
        assert get(f"{viewer.url}/health").status == 200


def test_tiny_chunks_are_refused(viewer: Viewer) -> None:
    head = b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n"
    with socket.create_connection(("127.0.0.1", viewer.port), 20) as client:
        client.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * (MOST_CHUNKS + 1))
        assert client.recv(12) == b"HTTP/1.1 413"


def test_who_finds_no_place_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MOST_WAITING", 0)
    found = Turns()
    with found.one(), pytest.raises(HTTPProblem) as refused, found.one():
        pass
    assert refused.value.status == 429
    with found.one():
        pass
