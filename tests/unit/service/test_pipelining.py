"""Requests that are sent ahead: all are answered, in their order, and cost the service no more than their bytes."""

import socket
import struct
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.unit.service.conftest import GOOD, Service, running

PROBE, MISSING, DESCRIPTION = (b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path for path in (b"/health", b"/none", b"/openapi.json"))
LAST = b"GET /ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
HEAD = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
POST = HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(GOOD), GOOD)
GROWTH = 64 << 20


def long_row(chunked: bool) -> bytes:
    """A request whose body is parsed in many pieces."""
    body = b'{"features":[' + b",".join([b"0.001"] * 1000) + b"]}"
    if not chunked:
        return HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(body[at:at + 7]), body[at:at + 7]) for at in range(0, len(body), 7))
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


def statuses(answer: bytes) -> list[bytes]:
    return [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize("half_close", [False, True])
def test_all_are_answered_in_their_order(service: Service, half_close: bool) -> None:
    sent = [POST, PROBE, MISSING, long_row(chunked=False), MISSING, long_row(chunked=True), PROBE, MISSING] * 40
    wanted = [b"200", b"200", b"404", b"200", b"404", b"200", b"200", b"404"] * 40
    if half_close:
        assert statuses(service.raw(b"".join(sent), half_close=True)) == wanted
    else:
        assert statuses(service.raw(b"".join((*sent, LAST)))) == [*wanted, b"200"]


def test_what_follows_a_broken_one_is_not_answered(service: Service) -> None:
    assert statuses(service.raw((POST + PROBE) * 20 + b"BREW\0 / HTTP/1.1\r\n\r\n" + PROBE * 1000)) == [b"200"] * 40 + [b"400"]


def test_a_flood_takes_no_memory(tmp_path: Path) -> None:
    """Queued as parsed requests, these would take 400 MiB."""
    with running(tmp_path, DEFAULT_LATENCY_MS="500") as service, ExitStack() as held:
        process = psutil.Process(service.process.pid)
        service.post()
        before, most, clients = process.memory_info().rss, 0, []
        for _ in range(20):
            client = held.enter_context(socket.create_connection(("127.0.0.1", service.port)))
            client.setblocking(False)
            client.send(POST + MISSING * 9000)
            clients.append(client)
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            most = max(most, process.memory_info().rss)
            time.sleep(0.02)
        assert all(client.recv(100).startswith(b"HTTP/1.1 200 ") for client in clients)
        assert service.post()[0] == 200
        assert most - before < GROWTH


def test_a_client_that_goes_without_reading_its_answers_is_no_failure(service: Service) -> None:
    """The answer that waits for it is not that of the last request that was parsed."""
    before = len(failures(service))
    for _ in range(5):
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))         # it goes with a reset
            client.connect(("127.0.0.1", service.port))
            client.settimeout(0.5)
            with pytest.raises(TimeoutError):
                client.sendall(DESCRIPTION * 200_000)
        assert service.post()[0] == 200
    assert len(failures(service)) == before


def failures(service: Service) -> list[Any]:
    return [line for line in service.lines() if "exception" in line]
