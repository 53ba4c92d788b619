"""One worker of a run: a connection that is kept, and the hit that it is on.

Subtle: a hit counts as sent from when its worker takes it, so opening a connection again is part of its service time: with a
server that closes after each answer, that is what its users wait for too.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from labctl.load.address import Address
from labctl.load.recorder import Recorder
from labctl.load.traceids import ids
from labctl.load.wire import CLOSED, Connection, failure

TIMEOUT = "timeout"
INTERRUPTED = "interrupted"
_clock = time.monotonic

Ended = Callable[[bytes, float, float, float, int | str], None]
"""Told of every hit that ended: its ids, when it was due, sent and done, and its status or the name of what went wrong."""


@dataclass(slots=True)
class Run:
    """What the workers of a run share."""

    address: Address
    encode: Callable[[bytes], bytes]
    recorder: Recorder
    ended: Ended | None
    timeout_s: float
    retry_s: float                      # how long a worker rests whose connection was refused
    sent: int = 0


class Worker:
    """`free` is called with the worker and the time whenever it can take a hit."""

    __slots__ = (
        "_begun", "_busy", "_connection", "_due", "_encode", "_ended", "_free", "_ids", "_index", "_opening", "_record", "_run",
    )

    def __init__(self, run: Run, free: Callable[["Worker", float], None]) -> None:
        self._run, self._free = run, free
        self._encode, self._ended, self._record = run.encode, run.ended, run.recorder.answered
        self._connection: Connection | None = None
        self._opening: asyncio.Task[None] | None = None
        self._busy = False

    def begin(self, due: float) -> None:
        """Send the next hit now."""
        run = self._run
        self._index = run.sent = run.sent + 1
        self._ids = ids(self._index)
        self._due = due
        self._busy = True
        self._begun = _clock()
        if self._connection is not None:
            self._connection.send(self._encode(self._ids))
        else:
            self._opening = asyncio.get_running_loop().create_task(self._open_and_send())

    async def warm(self) -> None:
        """Open the connection before the first hit; what goes wrong shows when a hit needs it."""
        try:
            await self._open()
        except OSError:
            self._connection = None

    def answered(self, status: int, reusable: bool) -> None:
        done = _clock()
        self._busy = False
        self._record(self._index, status, self._due, self._begun, done)
        if self._ended is not None:
            self._ended(self._ids, self._due, self._begun, done, status)
        if not reusable:
            self._connection = None
        self._free(self, done)

    def broken(self, kind: str) -> None:
        self._connection = None
        self._free(self, self._fail(kind))

    def lost(self) -> None:
        self._connection = None

    def expire(self, now: float) -> None:
        """Give the hit up if its time is over."""
        if self._busy and now - self._begun >= self._run.timeout_s:
            self._hang_up()
            self.broken(TIMEOUT)

    def abandon(self) -> None:
        """The run is over: close, and leave a hit that is still on its way unfinished."""
        self._hang_up()
        if self._busy and self._ended is not None:
            self._ended(self._ids, self._due, self._begun, _clock(), INTERRUPTED)
        self._busy = False

    async def _open(self) -> None:
        address = self._run.address
        _, self._connection = await asyncio.get_running_loop().create_connection(
            lambda: Connection(self), address.ip, address.port,
        )

    async def _open_and_send(self) -> None:
        try:
            await self._open()
        except OSError as error:
            self._fail(failure(error))
            asyncio.get_running_loop().call_later(self._run.retry_s, self._rested)
            return
        if self._connection is not None and self._connection.open:
            self._connection.send(self._encode(self._ids))
        else:
            self.broken(CLOSED)

    def _rested(self) -> None:
        self._free(self, _clock())

    def _fail(self, kind: str) -> float:
        done = _clock()
        self._busy = False
        self._run.recorder.broken(kind, done)
        if self._ended is not None:
            self._ended(self._ids, self._due, self._begun, done, kind)
        return done

    def _hang_up(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
