"""One worker of a run: a persistent connection, and the request in flight on it.

Subtle: a request counts as sent from when its worker takes it, so opening a connection again is part of its service time: with a
server that closes after each answer, that is what its users wait for too. And a worker sends its next request before it records
the one that ended, so that the server does not wait for our bookkeeping.

A server may close an idle connection just when the next request is on its way. That is a stale connection (RFC 9112, 9.3.1):
an idempotent request is sent once more, on a new connection; any other is not, since the server may have processed it.
"""

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass

from labctl.load.generator.http1.closed_loop_connection import ClosedLoopConnection
from labctl.load.generator.http1.closed_loop_reader import ClosedLoopReader
from labctl.load.generator.http1.connection import Connection
from labctl.load.generator.http1.failures import CLOSED, STALE, failure
from labctl.load.generator.http1.known_heads import KnownHeads
from labctl.load.generator.http1.request_head import Requests, is_idempotent
from labctl.load.generator.http1.tls_transport import TlsTransport
from labctl.load.measure.recorder import Recorder
from labctl.load.plan.address import Address
from labctl.load.plan.schedule import ClosedLoop

TIMEOUT = "timeout"
INTERRUPTED = "interrupted"
_clock = time.monotonic
_CHECK_AFTER_IDLE_S = 0.05              # a connection that was idle for longer is checked before it is used
_STALE_WITHIN_S = 0.5                   # a server that closes later than this after a request has read it
_STALE_AFTER_UNUSED_S = 1.0             # a connection that was opened so long before its first request may be stale too

OnEnd = Callable[[int, float, float, float, int | str], None]
"""Told of every request that ended: its index, when it was due, sent and done, and its status or the name of what went wrong."""


@dataclass(slots=True)
class Run:
    """What the workers of a run share."""

    address: Address
    requests: Requests
    request: Callable[[], bytes]        # the bytes of the next request
    recorder: Recorder
    ended: OnEnd | None
    timeout_s: float
    reconnect_pause_s: float            # how long a worker pauses after a refused connection
    index: int                          # of the latest request; goes up by `step`, so that several processes share the indexes
    step: int
    tls: ssl.SSLContext | None
    closed: ClosedLoop                  # the schedule of a closed loop; an ended one in an open schedule
    plain: bool                         # a closed loop with one kind of request, no TLS and no client spans
    heads: KnownHeads
    reader: ClosedLoopReader | None = None      # of a plain run


class Worker:
    """`free` is called with the worker and the time when it becomes idle, but not between two requests of a closed loop."""

    __slots__ = (
        "_busy", "_connection", "_ended", "_free", "_next", "_opened_at", "_opened_for", "_opening", "_record", "_run", "begun",
        "due", "index",
    )

    def __init__(self, run: Run, free: Callable[["Worker", float], None]) -> None:
        self._run, self._free = run, free
        self._next, self._ended, self._record = run.request, run.ended, run.recorder.answered
        self._connection: Connection | None = None
        self._opening: asyncio.Task[None] | None = None
        self._busy = False
        self._opened_at, self._opened_for = 0.0, 0      # when, and the first request on the connection; 0: none yet
        self.begun, self.index = 0.0, 0

    def begin(self, due: float, now: float) -> None:
        """Send the next request."""
        run = self._run
        self.index = run.index = run.index + run.step
        self.due = due
        idle_s, self.begun = now - self.begun, now
        self._busy = True
        request = self._next()                          # always taken together with the index that its ids are made from
        if idle_s > _CHECK_AFTER_IDLE_S and self._connection is not None and self._connection.has_ended():
            self._connection.close()
            self._connection = None
        self._opened_for = self._opened_for or self.index
        self._send(request)

    async def warm(self) -> None:
        """Open the connection before the first request; what goes wrong shows when a request needs it."""
        try:
            await self._open()
        except OSError:
            self._connection = None

    def answered(self, status: int, reusable: bool) -> None:
        done = _clock()
        index, due, begun = self.index, self.due, self.begun
        self._busy = False
        if not reusable:
            self._connection = None
        closed = self._run.closed
        if closed.left > 0 and done < closed.end:
            closed.left -= 1
            self.begin(done, done)
        else:
            self._free(self, done)
        self._record(index, status, due, begun, done)
        if self._ended is not None:
            self._ended(index, due, begun, done, status)

    def broken(self, kind: str, unanswered: bool) -> None:
        self._connection = None
        if unanswered and self._is_stale():
            if self._resend():
                return
            if _clock() - self.begun < _STALE_WITHIN_S:
                kind = STALE
        self._free(self, self._fail(kind))

    def lost(self) -> None:
        self._connection = None

    def expire(self, now: float) -> None:
        """Give the request up if its timeout is over."""
        if self._busy and now - self.begun >= self._run.timeout_s:
            self._hang_up()
            self.broken(TIMEOUT, unanswered=False)

    def abandon(self) -> None:
        """The run is over: close, and leave a request that is still on its way unfinished."""
        self._hang_up()
        if not self._busy:
            return
        self._busy = False
        self._run.recorder.unfinished(self.due)
        if self._ended is not None:
            self._ended(self.index, self.due, self.begun, _clock(), INTERRUPTED)

    def _send(self, request: bytes) -> None:
        if self._connection is not None:
            self._connection.send(request)
        else:
            self._opening = asyncio.get_running_loop().create_task(self._open_and_send(request))

    def _resend(self) -> bool:
        """Send the request once more, on a new connection, if it may be carried out twice."""
        request = self._run.requests.of(self.index)
        if not is_idempotent(request):
            return False
        self._run.recorder.resent += 1
        self._send(request)
        return True

    def _is_stale(self) -> bool:
        """Whether the closed connection had carried a request before, or was idle for long before its first."""
        return self._opened_for != self.index or self.begun - self._opened_at > _STALE_AFTER_UNUSED_S

    async def _open(self) -> None:
        run = self._run
        connection = ClosedLoopConnection(self, run) if run.plain else Connection(self, run.heads, run.recorder.notes)
        if run.tls is None:
            await _connect(run.address, connection)
        else:
            tls = TlsTransport(connection, run.tls, run.address.host)
            await _connect(run.address, tls)
            try:
                await tls.ready
            except asyncio.CancelledError:
                tls.abort()
                raise
        self._opened_at, self._opened_for = _clock(), self.index
        self._connection = connection if connection.open else None      # it may be closed already

    async def _open_and_send(self, request: bytes) -> None:
        try:
            await self._open()
        except OSError as error:
            self._fail(failure(error))
            asyncio.get_running_loop().call_later(self._run.reconnect_pause_s, self._rested)
            return
        if self._connection is not None:
            self._connection.send(request)
        else:
            self.broken(CLOSED, unanswered=True)

    def _rested(self) -> None:
        self._free(self, _clock())

    def _fail(self, kind: str) -> float:
        done = _clock()
        self._busy = False
        self._run.recorder.broken(self.index, kind, self.due, done)
        if self._ended is not None:
            self._ended(self.index, self.due, self.begun, done, kind)
        return done

    def _hang_up(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
        if self._connection is not None:
            self._connection.close()
            self._connection = None


async def _connect(address: Address, protocol: asyncio.Protocol) -> None:
    loop = asyncio.get_running_loop()
    if address.unix:
        await loop.create_unix_connection(lambda: protocol, address.unix)
    else:
        await loop.create_connection(lambda: protocol, address.ip, address.port)
