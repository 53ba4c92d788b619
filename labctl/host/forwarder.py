"""Forwards a local port: each connection to it is relayed over an upstream connection of its own, until `close`.

The listener stays open whatever happens upstream, so a replaced component breaks only the connections it had.
"""

import contextlib
import select
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from labctl.errors import LabError, Refused, os_reason
from labctl.host import ports

BACKLOG = 32
CHUNK = 65536
HALF_CLOSED_MS = 60_000


class Upstream(Protocol):
    """One connection to the target of the forward."""

    @property
    def socket(self) -> socket.socket: ...
    def pending(self) -> bool:
        """Whether received bytes are buffered here, so that polling the socket would not show them."""
    def send(self, content: bytes) -> None: ...
    def end_sending(self) -> None:
        """The client has sent its last byte, and may still wait for an answer."""
    def receive(self) -> bytes | None:
        """The received bytes, perhaps none for the client yet; None at the end."""
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class TcpUpstream:
    """A connection to another port of this machine."""

    socket: socket.socket

    def pending(self) -> bool:
        return False

    def send(self, content: bytes) -> None:
        self.socket.sendall(content)

    def end_sending(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def receive(self) -> bytes | None:
        return self.socket.recv(CHUNK) or None

    def close(self) -> None:
        self.socket.close()


class Forwarder:
    """Listens on 127.0.0.1 from its creation until `close`. Port 0: any free port. Raises Refused when the port is taken."""

    def __init__(self, port: int, dial: Callable[[], Upstream]) -> None:
        self._dial = dial
        try:
            self._listener = socket.create_server((ports.LOOPBACK, port), backlog=BACKLOG)
        except OSError as error:
            raise _refusal(port, error) from None
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        # closing alone does not wake a thread that is blocked in accept
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        # the client's connection is closed, as the target itself would do
        with client, contextlib.suppress(LabError, OSError), contextlib.closing(self._dial()) as upstream:
            copy(client, upstream)


def _refusal(port: int, error: OSError) -> Refused:
    if ports.taken(port):
        return ports.port_taken(port, ports.holder(port), "end that program, or choose another port")
    return Refused(f"cannot listen on port {port}: {os_reason(error)}", advice="choose a port above 1023")


def copy(client: socket.socket, upstream: Upstream) -> None:
    """Relay both directions until upstream ends. A client that has closed its sending side still gets its answer, unless nothing
    comes for a while: it may be gone.
    """
    poll = select.poll()                # `select` is limited to descriptors below 1024
    patience_ms: int | None = None
    near, far = client.fileno(), upstream.socket.fileno()
    for one in (near, far):
        poll.register(one, select.POLLIN)
    while True:
        readable = [far] if upstream.pending() else [one for one, _ in poll.poll(patience_ms)]
        if not readable:
            return
        if near in readable:
            sent = client.recv(CHUNK)
            if sent:
                upstream.send(sent)
            else:
                poll.unregister(near)
                patience_ms = HALF_CLOSED_MS
                upstream.end_sending()
        if far in readable:
            got = upstream.receive()
            if got is None:
                return
            client.sendall(got)
