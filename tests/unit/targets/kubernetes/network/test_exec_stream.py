"""The messages of a command in a container, over a pair of sockets in place of the API server."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labctl.errors import LabError
from labctl.model import Command
from labctl.targets.kubernetes.kube import Access
from labctl.targets.kubernetes.network import exec_stream
from labctl.targets.kubernetes.network.exec_stream import END, OUTCOME, STDERR, STDIN, STDOUT, ExecStream
from labctl.targets.kubernetes.network.websocket import BINARY, CLOSE, frame, parse
from tests.unit.targets.kubernetes.network.test_websocket import unmasked


class Plain:
    """A socket with the one method of a TLS socket that is used."""

    def __init__(self, own: socket.socket) -> None:
        self.own = own

    def pending(self) -> int:
        return 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.own, name)


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ExecStream, socket.socket]]:
    ours, server = socket.socketpair()
    with ours, server:
        monkeypatch.setattr(exec_stream, "dial", lambda *_: Plain(ours))
        yield ExecStream(Access("", "", Path()), "pods/p", "c", Command("service", ["ls"])), server


def say(server: socket.socket, channel: int, content: bytes, opcode: int = BINARY) -> None:
    server.sendall(unmasked(frame(opcode, bytes([channel]) + content)))


def test_output_comes_by_channel_and_the_outcome_apart(ends: Any) -> None:
    stream, server = ends
    say(server, STDOUT, b"out")
    say(server, STDERR, b"err")
    say(server, OUTCOME, json.dumps({"status": "Success"}).encode())
    say(server, 0, b"", CLOSE)
    assert stream.receive() == [(STDOUT, b"out"), (STDERR, b"err")]
    assert stream.receive() is None
    assert stream.exit_code() == 0


def test_the_exit_code_is_a_field_of_the_outcome(ends: Any) -> None:
    stream, server = ends
    causes = [{"reason": "ExitCode", "message": "3"}]
    say(server, OUTCOME, json.dumps({"status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": causes}}).encode())
    stream.receive()
    assert stream.exit_code() == 3


def test_a_command_that_did_not_start_is_an_error_with_the_clusters_words(ends: Any) -> None:
    stream, server = ends
    say(server, OUTCOME, json.dumps({"status": "Failure", "message": 'exec: "nc": not found', "code": 500}).encode())
    stream.receive()
    with pytest.raises(LabError) as raised:
        stream.exit_code()
    assert "not found" in raised.value.detail


def test_a_connection_that_breaks_is_no_success(ends: Any) -> None:
    stream, server = ends
    server.close()
    assert stream.receive() is None
    with pytest.raises(LabError, match="broke"):
        stream.exit_code()


def test_the_end_of_stdin_is_sent(ends: Any) -> None:
    stream, server = ends
    stream.send(STDIN, b"in")
    stream.end_stdin()
    sent = unmasked_all(server.recv(4096))
    assert sent == [bytes([STDIN]) + b"in", bytes([END, STDIN])]


def test_neither_side_waits_for_the_other_to_read(ends: Any) -> None:
    stream, server = ends
    server.setblocking(False)
    content = bytes(1 << 20)
    stream.send(STDIN, content)                 # more than the sockets hold, and nobody reads
    say_later = unmasked(frame(BINARY, bytes([STDOUT]) + b"meanwhile"))
    server.send(say_later)
    assert stream.wait([0], 1.0) == {stream.socket.fileno()}        # stdin is not read before that has gone
    assert stream.receive() == [(STDOUT, b"meanwhile")]
    received = bytearray()
    while len(received) < len(content):
        received += server.recv(1 << 16)
        stream.wait([], 0.0)
    assert stream.receive() == []


def unmasked_all(content: bytes) -> list[bytes]:
    found = []
    while content:
        size = 6 + (content[1] & 0x7F)
        one = parse(unmasked(content[:size]))
        assert one
        found.append(one[0].content)
        content = content[size:]
    return found
