"""C43: `labctl forward collector 18888:8888`, and a client that closes its sending half after the request gets its answer."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from labctl.host.forwarder import Forwarder, TcpUpstream
from tests.driver import Driver, a_name, free_ports

REQUEST = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def answer_to(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        return everything(client)


def everything(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture
def slow_echo() -> Iterator[int]:
    """A server that answers only once it has seen the end of what is sent: the length, and then the bytes themselves."""
    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                content = everything(connection)
                connection.sendall(str(len(content)).encode() + b"\n")
                connection.sendall(content)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize("size", [0, 1, 65536, 3 << 20])
def test_the_other_end_sees_the_end_of_what_is_sent(slow_echo: int, size: int) -> None:
    forwarder = Forwarder(0, lambda: TcpUpstream(socket.create_connection(("127.0.0.1", slow_echo))))
    try:
        assert answer_to(forwarder.port, bytes(size)) == str(size).encode() + b"\n" + bytes(size)
    finally:
        forwarder.close()


def through_a_forward(lab: Driver) -> bytes:
    port = free_ports(1)[0]
    forward = lab.start("forward", "collector", f"{port}:8888")
    assert forward.stdout is not None
    try:
        assert "Forwarding from" in forward.stdout.readline()
        return answer_to(port, REQUEST)
    finally:
        forward.terminate()
        forward.communicate(timeout=10)


@pytest.mark.e2e
def test_a_local_collector_answers(tmp_path: Path) -> None:
    with Driver(a_name("c43"), tmp_path).up() as lab:
        assert b"otelcol_" in through_a_forward(lab)


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_a_collector_answers_in_kind(kind_lab: Driver) -> None:
    assert b"otelcol_" in through_a_forward(kind_lab)
