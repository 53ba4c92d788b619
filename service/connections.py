"""The open connections that may be closed to make room for others: those that wait for a request, the longest waiting first.

A client without a single request to its name goes before one that keeps its connection for the next request.
"""

import resource
from typing import Protocol

MOST = 16_384
OTHER_FILES = 128                    # of the limit of open files: the log, the telemetry's connections, libraries


class Closable(Protocol):
    def make_room(self) -> None: ...


class Connections:
    def __init__(self, most: int) -> None:
        self._most = most
        self._open = 0
        self._new: dict[Closable, None] = {}         # in the order of their waiting
        self._kept: dict[Closable, None] = {}

    def opened(self, connection: Closable) -> None:
        self._open += 1
        self._new[connection] = None
        if self._open > self._most:
            next(iter(self._new if len(self._new) > 1 else self._kept or self._new)).make_room()

    def received(self, connection: Closable) -> None:
        """Its request is complete: it is not closed before the answer."""
        self._new.pop(connection, None)
        self._kept.pop(connection, None)

    def answered(self, connection: Closable) -> None:
        self._kept[connection] = None

    def closed(self, connection: Closable) -> None:
        self._open -= 1
        self.received(connection)


def most() -> int:
    """How many connections this process can hold within its limit of open files."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if limit == resource.RLIM_INFINITY else max(1, min(MOST, limit - OTHER_FILES))
