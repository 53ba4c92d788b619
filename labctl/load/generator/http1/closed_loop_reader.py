"""The hot path on Linux: reads the connections of a closed loop and sends their next requests, from an epoll of its own.

Subtle: the event loop costs a call for each response, here a batch of responses is one call. The loop must go on meanwhile, for
timeouts, counts and signals: it gets its turn every few milliseconds, and after each batch while a connection is being opened.
While nothing comes, it watches the epoll. Only complete responses with known heads are treated here; whatever else is
read goes to the connection, and a connection that ends goes back to its transport, which finds out how.

Edge-triggered epoll tells of bytes once, when they come. So a read that fills its buffer asks to be told again.
"""

import asyncio
import os
import select
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from labctl.load.measure.recorder import CHUNK

if TYPE_CHECKING:
    from labctl.load.generator.http1.closed_loop_connection import ClosedLoopConnection
    from labctl.load.generator.worker import Run

_clock, _read, _write = time.monotonic, os.read, os.write
_TURN_S = 0.003                         # before the event loop has its turn
_WAIT_S = 0.001                         # for more, before the event loop watches again
_BATCH = 64
_LEAST_READ, _MOST_READ = 256, 1 << 16
_BYTES = getattr(select, "EPOLLIN", 0)


def closed_loop_reader(run: "Run", workers: int) -> "ClosedLoopReader | None":
    """None where the system has no epoll."""
    return ClosedLoopReader(run, workers) if hasattr(select, "epoll") else None


class ClosedLoopReader:
    """Reads the connections of a run's `workers`, once each has had its first response."""

    def __init__(self, run: "Run", workers: int) -> None:
        self._run, self._workers = run, workers
        self._loop = asyncio.get_running_loop()
        self._epoll = select.epoll()
        self._events = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET
        self._connections: dict[int, ClosedLoopConnection] = {}
        self._watched = False                           # by the event loop
        self._next: asyncio.Handle | None = None        # our next turn

    def add(self, fd: int, connection: "ClosedLoopConnection") -> None:
        """Does nothing when it is here already."""
        if fd in self._connections:
            return
        self._connections[fd] = connection
        self._epoll.register(fd, self._events)
        if not self._watched and self._next is None:
            self._next = self._loop.call_soon(self._turn)

    def remove(self, fd: int, connection: "ClosedLoopConnection") -> None:
        """Does nothing when it is not here."""
        if self._connections.get(fd) is connection:
            del self._connections[fd]
            self._epoll.unregister(fd)

    def close(self) -> None:
        self._watch(False)
        if self._next is not None:
            self._next.cancel()
        self._connections.clear()
        self._epoll.close()

    def _watch(self, wanted: bool) -> None:
        if wanted and not self._watched:
            self._loop.add_reader(self._epoll.fileno(), self._turn)
        elif self._watched and not wanted:
            self._loop.remove_reader(self._epoll.fileno())
        self._watched = wanted

    def _turn(self) -> None:
        self._watch(False)
        self._next = None
        poll, until = self._epoll.poll, _clock() + _TURN_S
        while events := poll(0, _BATCH) or (self._all_open() and poll(_WAIT_S, _BATCH)):
            if self._run.closed.left > len(events):
                self._answered(events)
            else:                                       # the last requests of the run
                for fd, event in events:
                    self._unusual(fd, event)
            if not self._all_open() or _clock() >= until:
                self._next = self._loop.call_soon(self._turn)
                return
        self._watch(True)

    def _all_open(self) -> bool:
        return len(self._connections) >= self._workers

    def _answered(self, events: list[tuple[int, int]]) -> None:
        """Like `ClosedLoopConnection.data_received` for each, with what they share looked up once."""
        run, recorder, connections = self._run, self._run.recorder, self._connections
        known_heads, size, end = run.heads.known, max(run.heads.longest + 1, _LEAST_READ), run.closed.end
        dues, latencies, statuses, slow = recorder.dues, recorder.latencies, recorder.statuses, recorder.slow
        request, index, step, sent = run.request, run.index, run.step, 0
        for fd, event in events:
            connection = connections[fd]
            try:
                data = _read(fd, size) if event == _BYTES else b""
            except OSError as error:
                connection.failed(error)
                continue
            known = known_heads.get(len(data))
            done = _clock()
            if known is None or not connection.fresh or not data.startswith(known[0]) or done >= end or not connection.direct:
                run.index = index
                self._other(fd, data, size)
                index, slow = run.index, recorder.slow
                continue
            head = request()
            try:
                written = _write(fd, head)
            except OSError:
                written = 0
            sent += 1
            worker = connection.worker
            due = worker.due
            latency = done - due
            dues.append(due)
            latencies.append(latency)
            if latency > slow:
                recorder.remember(latency, worker.index, due)
                slow = recorder.slow
            worker.due = worker.begun = done
            worker.index = index = index + step
            if written < len(head):
                connection.rest(head[written:])
            statuses[known[1]] += 1
        run.index = index
        run.closed.left -= sent
        if len(latencies) >= CHUNK:
            recorder.flush()

    def _unusual(self, fd: int, event: int) -> None:
        try:
            data = _read(fd, _MOST_READ) if event == _BYTES else b""
        except OSError as error:
            self._connections[fd].failed(error)
        else:
            self._other(fd, data, _MOST_READ)

    def _other(self, fd: int, data: bytes, size: int) -> None:
        """Not a complete response with a known head, or no request follows it."""
        if len(data) == size:
            with suppress(OSError):                     # it was all
                data += _read(fd, _MOST_READ)
            self._epoll.modify(fd, self._events)
        if data:
            self._connections[fd].data_received(data)
        else:
            self._connections[fd].give_back()
