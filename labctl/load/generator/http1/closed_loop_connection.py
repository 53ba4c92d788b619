"""The hot path: a closed loop's response is read, the next request is sent, and only then is the response counted.

Where there is an epoll, `ClosedLoopReader` does the same for many responses at once, and this only for the first of a connection.

Subtle: this does, in one call and on known heads alone, what `Connection.data_received`, `Worker.answered`, `Worker.begin`,
`Connection.send` and `Recorder.answered` do in five, since a call costs as much as the work in it. Every other case goes
through those: an unknown head, a response in pieces, the end of the run, a full socket buffer.
"""

import os
import time
from typing import TYPE_CHECKING

from labctl.load.generator.http1.connection import Connection
from labctl.load.measure.recorder import CHUNK

if TYPE_CHECKING:
    from labctl.load.generator.worker import Run, Worker

_clock, _write = time.monotonic, os.write


class ClosedLoopConnection(Connection):
    """The connection of a worker in a closed loop with one kind of request and no client spans."""

    __slots__ = ("_error", "_next", "_reader", "_recorder", "_run", "worker")

    def __init__(self, worker: "Worker", run: "Run") -> None:
        super().__init__(worker, run.heads, run.recorder.notes)
        self.worker, self._run, self._reader = worker, run, run.reader
        self._recorder, self._next = run.recorder, run.request
        self._error: OSError | None = None

    def data_received(self, data: bytes) -> None:
        known = self._known.get(len(data))
        if known is None or not self.fresh or not data.startswith(known[0]):
            self._parse(data)
            return
        done = _clock()
        worker, run = self.worker, self._run
        loop = run.closed
        if loop.left <= 0 or done >= loop.end or not self.direct:
            self._whole(known[1])
            return
        if self._reader is not None:
            self._transport.pause_reading()
            self._reader.add(self._fd, self)
        loop.left -= 1
        due, index = worker.due, worker.index
        worker.index = run.index = run.index + run.step
        worker.due = worker.begun = done
        request = self._next()
        try:
            written = _write(self._fd, request)
        except OSError:
            written = 0
        if written < len(request):
            self.rest(request[written:])
        recorder = self._recorder
        latency = done - due
        recorder.dues.append(due)
        recorder.latencies.append(latency)
        if latency > recorder.slow:
            recorder.remember(latency, index, due)
        recorder.statuses[known[1]] = answers = recorder.statuses[known[1]] + 1
        if not answers % CHUNK:
            recorder.flush()

    def close(self) -> None:
        self._leave_reader()
        super().close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave_reader()
        super().connection_lost(exc or self._error)

    def failed(self, error: OSError) -> None:
        """The reader got an error, which the system does not tell twice: the transport would not see it."""
        if not isinstance(error, BlockingIOError):
            self._error = error
            self._leave_reader()
            self._transport.abort()

    def give_back(self) -> None:
        """To the transport, which reads on."""
        self._leave_reader()
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def _leave_reader(self) -> None:
        if self._reader is not None:
            self._reader.remove(self._fd, self)
            self._reader = None
