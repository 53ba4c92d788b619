"""C22: clients that are silent, or trickle, are closed within ten seconds, three hundred at once; others do not notice."""

import socket
import threading
import time
from contextlib import ExitStack
from itertools import cycle, islice

import pytest

from labctl.host.http import get
from labctl.telemetry.http import server
from tests.unit.telemetry import requests
from tests.viewer import Viewer

AT_ONCE = 300
HEAD = b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n"
BEGINNINGS = {
    "silent": b"", "half a line": b"POST /v1/tr", "a header that trickles": HEAD,
    "a body that trickles": HEAD + b"Content-Length: 9999\r\n\r\n",
    "chunks that trickle": HEAD + b"Transfer-Encoding: chunked\r\n\r\n", "TLS": b"\x16\x03\x01\x02\x00",
}
TRICKLE = {"a header that trickles": b"X-A: b\r\n", "a body that trickles": b"x", "chunks that trickle": b"1\r\nx\r\n"}


def open_for(port: int, kind: str) -> float:
    """Seconds until the viewer closes a connection on which `kind` is sent."""
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), 20) as client:
        try:
            client.sendall(BEGINNINGS[kind])
            while time.monotonic() - begun < 20:
                client.settimeout(0.5)
                try:
                    if not client.recv(1000):
                        break
                except TimeoutError:
                    client.sendall(TRICKLE.get(kind, b""))
        except OSError:
            pass
    return time.monotonic() - begun


@pytest.mark.timeout(60)
def test_they_are_closed_and_nobody_else_waits(viewer: Viewer) -> None:
    viewer.send(requests.traces())
    open_s: list[float] = []

    def one(kind: str) -> None:
        open_s.append(open_for(viewer.port, kind))

    threads = [threading.Thread(target=one, args=(kind,)) for kind in islice(cycle(BEGINNINGS), AT_ONCE)]
    for thread in threads:
        thread.start()
    waited = []
    while any(thread.is_alive() for thread in threads):
        begun = time.monotonic()
        assert get(f"{viewer.url}/api/traces/{requests.span_ids(1)[0].hex()}", timeout_s=5).status == 200
        waited.append(time.monotonic() - begun)
        time.sleep(0.2)
    assert len(open_s) == AT_ONCE
    assert max(open_s) < 10
    assert sorted(waited)[len(waited) // 2] < 0.1


def test_more_silent_clients_than_there_are_connections_do_not_keep_others_out(viewer: Viewer) -> None:
    with ExitStack() as clients:
        for _ in range(3 * server.MOST_CONNECTIONS):
            clients.enter_context(socket.create_connection(("127.0.0.1", viewer.port), 20))
        for _ in range(5):
            assert get(f"{viewer.url}/health", timeout_s=5).status == 200


def test_a_connection_that_is_kept_may_rest(viewer: Viewer) -> None:
    with socket.create_connection(("127.0.0.1", viewer.port), 20) as client:
        for _ in range(2):
            client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(4000).startswith(b"HTTP/1.1 200")
            time.sleep(9)
