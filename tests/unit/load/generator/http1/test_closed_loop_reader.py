"""A closed loop counts the same whether its connections are read by the reader or by the event loop."""

import errno
import os
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from labctl.load.generator import engine
from labctl.load.generator.http1 import closed_loop_reader
from labctl.load.generator.http1.failures import CLOSED, CUT_OFF, RESET, STALE
from labctl.load.generator.worker import TIMEOUT
from tests.unit.load.running import load
from tests.unit.load.servers import GOOD, Client, hang, reset, serving

GOOD_FIRST = 20                         # on each connection, so that the reader has it


@pytest.fixture(params=["reader", "event loop"], autouse=True)
def reads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many responses each of the reader's batches had."""
    batches: list[int] = []
    answered = closed_loop_reader.ClosedLoopReader._answered

    def counted(self: Any, events: Any) -> None:
        batches.append(len(events))
        answered(self, events)

    monkeypatch.setattr(closed_loop_reader.ClosedLoopReader, "_answered", counted)
    if request.param == "event loop":
        monkeypatch.setattr(engine, "closed_loop_reader", lambda *_: None)
    yield batches
    assert bool(batches) == (request.param == "reader")


def after(good: int, then: Callable[[Client], None]) -> Callable[[Client], None]:
    """A server that answers `good` requests of each connection, then reads one more and does something else."""
    def handle(client: Client) -> None:
        for _ in range(good):
            if client.request() is None:
                return
            client.send(GOOD)
        if client.request() is not None:
            then(client)
    return handle


def half(client: Client) -> None:
    client.send(GOOD[:-5])


def half_and_hang(client: Client) -> None:
    half(client)
    hang(client)


def reset_in_the_middle(client: Client) -> None:
    half(client)
    reset(client)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_the_number_of_requests_is_exact(concurrency: int) -> None:
    with serving(after(10_000, hang)) as url:
        result = load(url, concurrency=concurrency, requests=1500)
    assert (result.sent, result.successful) == (1500, 1500)


def test_the_time_ends_it() -> None:
    with serving(after(1_000_000, hang)) as url:
        result = load(url, requests=None, duration_s=0.3)
    assert result.sent == result.successful > 3 * GOOD_FIRST
    assert result.duration_s < 5


@pytest.mark.parametrize(("then", "kind"), [
    (lambda _: None, CLOSED), (reset, RESET), (half, CUT_OFF), (reset_in_the_middle, RESET),
    (hang, TIMEOUT), (half_and_hang, TIMEOUT),
], ids=["closes", "resets", "closes in the middle", "resets in the middle", "hangs", "hangs in the middle"])
def test_what_ends_a_connection_costs_one_request(then: Any, kind: str) -> None:
    timeout_s = 0.5 if kind == TIMEOUT else 5.0
    with serving(after(GOOD_FIRST, then)) as url:
        result = load(url, concurrency=2, requests=10 * (GOOD_FIRST + 1), timeout_s=timeout_s, method="POST")
    assert set(result.errors) <= {kind, STALE}
    assert 8 <= result.failed <= 10
    assert result.successful == result.sent - result.failed


@pytest.mark.parametrize("size", [0, 217, 218, 219, 250, 257, 5000, 65_536, 300_000])
def test_another_response_than_before(size: int) -> None:
    """Of any size: also one that just fills the read buffer."""
    other = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size + b"x" * size

    def go_on(client: Client) -> None:
        client.send(other)
        while client.request() is not None:
            client.send(GOOD)
            if client.request() is None:
                break
            client.send(other)

    with serving(after(GOOD_FIRST, go_on)) as url:
        result = load(url, requests=300)
    assert result.successful == 300


def test_a_response_in_pieces() -> None:
    def go_on(client: Client) -> None:
        client.send(GOOD[:30])
        client.stop.wait(0.02)                          # longer than the reader waits
        client.send(GOOD[30:])
        after(1_000, hang)(client)

    with serving(after(GOOD_FIRST, go_on)) as url:
        result = load(url, requests=300)
    assert result.successful == 300
    assert result.latency.max >= 20


def test_a_refusal_counts_as_one() -> None:
    def refuse(client: Client) -> None:
        client.send(b"HTTP/1.1 503 No\r\ncontent-length: 2\r\n\r\nno")
        after(3_000, hang)(client)

    with serving(after(GOOD_FIRST, refuse)) as url:
        result = load(url, concurrency=3, requests=2_000)       # enough for each connection to come to it
    assert dict(result.errors) == {"http 503": 3}
    assert result.statuses == {200: 1_997, 503: 3}


def test_two_responses_to_one_request_cost_the_connection() -> None:
    def twice(client: Client) -> None:
        client.send(GOOD + GOOD)
        client.stop.wait(0.1)

    with serving(after(GOOD_FIRST, twice)) as url:
        result = load(url, concurrency=1, requests=200)
    assert result.successful == 200


def test_a_request_that_does_not_fit_is_written_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what the kernel refuses, too."""
    calls = count()

    def write(descriptor: int, data: bytes) -> int:
        number = next(calls)
        if number == GOOD_FIRST:
            raise BlockingIOError
        return os.write(descriptor, data[:10] if number == 2 * GOOD_FIRST else data)

    monkeypatch.setattr(closed_loop_reader, "_write", write)
    with serving(after(1_000, hang)) as url:
        result = load(url, concurrency=2, requests=300)
    assert result.successful == 300


def test_an_error_of_reading_costs_one_request(monkeypatch: pytest.MonkeyPatch, reads: list[int]) -> None:
    calls = count()

    def read(descriptor: int, size: int) -> bytes:
        data = os.read(descriptor, size)
        if next(calls) == GOOD_FIRST:
            raise ConnectionResetError(errno.ECONNRESET, "reset")
        return data

    monkeypatch.setattr(closed_loop_reader, "_read", read)
    with serving(after(1_000, hang)) as url:
        result = load(url, concurrency=2, requests=300, method="POST")
    assert dict(result.errors) == ({STALE: 1} if reads else {})
