"""Hands the open port over from a running service to the one that replaces it, so that no connection is refused meanwhile.

On a Unix socket, whose path HANDOVER_SOCKET names, the old service gives its listener to whoever connects. The new one says there
when it is ready: only then the old one accepts nothing more, finishes its requests and ends. Where the new one fails before, the
old one goes on. Both have the same queue of connections, so none is lost between them.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

VARIABLE: Final = "HANDOVER_SOCKET"
READY: Final = b"ready"
WAIT_S: Final = 5.0                  # for the old service's answer; one that is suspended gives none


class Predecessor:
    """The service that has had the port until now."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel

    def relieve(self) -> None:
        """It shall end: this service is ready."""
        with contextlib.suppress(OSError), self._channel:
            self._channel.sendall(READY)


def take(address: tuple[str, int]) -> tuple[socket.socket, Predecessor] | None:
    """The listener of the service that runs, where there is one with this address."""
    path, channel = os.environ.get(VARIABLE, ""), socket.socket(socket.AF_UNIX)
    channel.settimeout(WAIT_S)
    try:
        if not path:
            raise FileNotFoundError
        channel.connect(path)
        _, descriptors, _, _ = socket.recv_fds(channel, 1, 1)
    except OSError:
        channel.close()
        return None
    listeners = [socket.socket(fileno=one) for one in descriptors]
    if listeners and listeners[0].getsockname()[:2] == address:
        return listeners[0], Predecessor(channel)
    for one in (*listeners, channel):
        one.close()
    return None


def offer(listener: socket.socket, relieved: Callable[[], object]) -> None:
    """Give the listener to a successor, and call `relieved`, on another thread, once that is ready."""
    path = os.environ.get(VARIABLE, "")
    if path:
        # a copy: the server closes its own
        threading.Thread(target=_serve, args=(Path(path), listener.dup(), relieved), name="handover", daemon=True).start()


def _serve(path: Path, listener: socket.socket, relieved: Callable[[], object]) -> None:
    own = path.with_name(f"{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as door, listener:
        own.unlink(missing_ok=True)
        door.bind(str(own))
        door.listen(1)
        own.replace(path)                # from here on it is this service that has the port to give
        while True:
            channel, _ = door.accept()
            with contextlib.suppress(OSError), channel:
                socket.send_fds(channel, [b"0"], [listener.fileno()])
                if channel.recv(len(READY)) == READY:
                    relieved()
                    return
