"""A command in a container: a WebSocket to the API server that speaks `v5.channel.k8s.io`, which can end stdin.

Each binary message begins with a channel's number: 0 stdin, 1 stdout, 2 stderr, 3 the outcome as a Status object, 4 the size of
the terminal, 255 the end of a channel. https://kubernetes.io/docs/reference/generated/kubernetes-api/ (pods/exec). The frames
are those of the port forward; the `kubernetes` package's client for this takes another half second to import.
"""

import contextlib
import json
import select
import ssl
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from labctl.errors import LabError
from labctl.model import Command
from labctl.targets.kubernetes.kube import Access
from labctl.targets.kubernetes.network.websocket import BINARY, CLOSE, PING, PONG, dial, frame, parse

PROTOCOL: Final = "v5.channel.k8s.io"
STDIN, STDOUT, STDERR, OUTCOME, SIZE, END = 0, 1, 2, 3, 4, 255


class ExecStream:
    """Starts the command when it is created. Raises NotReady when the API server does not accept it."""

    def __init__(self, access: Access, where: str, container: str, command: Command) -> None:
        flags = {"stdout": True, "stderr": not command.tty, "stdin": command.stdin, "tty": command.tty}
        query = [("container", container), *(("command", word) for word in command.argv)]
        query += [(name, str(flag).lower()) for name, flag in flags.items()]
        self.socket = dial(access, f"/{where}/exec?{urlencode(query)}", PROTOCOL)
        self.socket.setblocking(False)          # else both sides could wait for each other to read
        self._buffer, self._outgoing, self._closed = b"", bytearray(), False
        self.outcome: Mapping[str, Any] | None = None       # a Status object, once the command has ended

    def send(self, channel: int, content: bytes) -> None:
        """It leaves when the other side takes it; meanwhile `wait` watches nothing but the socket."""
        self._outgoing += frame(BINARY, bytes([channel]) + content)
        self._flush()

    def end_stdin(self) -> None:
        self.send(END, bytes([STDIN]))

    def _flush(self) -> None:
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            while self._outgoing:
                del self._outgoing[:self.socket.send(self._outgoing)]

    def wait(self, also: list[int], seconds: float) -> set[int]:
        """Which descriptors can be read within that time: those of `also`, and the socket's own."""
        own = self.socket.fileno()
        if self.socket.pending():
            return {own}
        read, write = ([own], [own]) if self._outgoing else ([own, *also], [])
        readable, writable, _ = select.select(read, write, [], seconds)
        if writable:
            self._flush()
        return set(readable)

    def receive(self) -> list[tuple[int, bytes]] | None:
        """What came by channel; None at the end."""
        try:
            got = b"" if self._closed else self.socket.recv(65536)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            return []
        if not got:
            return None
        self._buffer += got
        found: list[tuple[int, bytes]] = []
        while (read := parse(self._buffer)) is not None:
            one, self._buffer = read
            self._closed |= one.opcode == CLOSE
            if one.opcode == PING:
                self._outgoing += frame(PONG, one.content)
                self._flush()
            elif one.opcode == BINARY and one.content[:1] == bytes([OUTCOME]):
                self.outcome = json.loads(one.content[1:] or b"null") or self.outcome
            elif one.opcode == BINARY and one.content:
                found.append((one.content[0], one.content[1:]))
        return found

    def exit_code(self) -> int:
        """Raises LabError when the command could not be started, or the connection broke before its end."""
        outcome = self.outcome
        if outcome is None:
            raise LabError("the connection to the command broke before it ended", hint="labctl status")
        if outcome.get("status") == "Success":
            return 0
        causes = (outcome.get("details") or {}).get("causes") or ()
        code = next((cause["message"] for cause in causes if cause.get("reason") == "ExitCode"), None)
        if code is None:
            raise LabError("the command cannot be started in the container", detail=str(outcome.get("message", "")))
        return int(code)

    def close(self) -> None:
        self.socket.close()
