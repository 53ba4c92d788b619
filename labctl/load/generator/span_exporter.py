"""Sends the run's client spans to the collector while the load runs, and keeps each batch until it is acknowledged.

Subtle: one batch is in flight at a time, so that a retried batch never overtakes another. While the collector is unreachable,
spans wait in memory up to a limit; spans beyond it are dropped, and count as made and never acknowledged.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from labctl import access
from labctl.access import Credentials
from labctl.errors import LabError
from labctl.load.generator.client_spans import Envelope
from labctl.load.generator.http1.connection import Connection
from labctl.load.generator.http1.known_heads import KnownHeads
from labctl.load.generator.http1.tls_transport import TlsTransport
from labctl.load.plan.address import Address, parse

ACK_PATIENCE_S: Final = 5.0             # how long the last spans may take to be acknowledged
ACK_PATIENCE_INTERRUPTED_S: Final = 2.0     # the same after an interruption, when somebody waits for the end
_BATCH: Final = 512
_MOST_BATCHES: Final = 256              # 131 072 spans of about 250 bytes
_EVERY_S: Final = 0.2                   # how long a span waits for others before it is sent
_ANSWER_S: Final = 5.0
_UNREACHABLE_S: Final = 1.5              # after the run's end, with a collector that does not answer
_PAUSES_S: Final = (0.1, 0.2, 0.5, 1.0)
_AGAIN: Final = frozenset({429, 502, 503, 504})     # https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes
_ACKNOWLEDGED: Final = 200


class SpanExporter:
    """OTLP/HTTP to `base`/v1/traces, such as http://127.0.0.1:4318. Runs as a task between `start` and `finish`."""

    def __init__(self, base: str, acknowledged: Callable[[Sequence[int]], None]) -> None:
        self._acknowledged = acknowledged
        self._address = parse(f"{base.rstrip('/')}/v1/traces")
        self._envelope = Envelope()
        self._open = _Batch()
        self._batches: deque[_Batch] = deque()
        self._full = asyncio.Event()
        self._finishing = self._unreachable = False
        self._access = access.of(base)
        self._sender = _Sender(self._address, self._access)
        self.made = 0
        self.acked = 0

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    def add(self, turn: int, span: bytes) -> None:
        """`turn` is passed to `acknowledged` once the collector has the span."""
        self.made += 1
        self._open.turns.append(turn)
        self._open.spans.append(span)
        if len(self._open.spans) >= _BATCH:
            self._seal()
            self._full.set()

    async def finish(self, patience_s: float) -> None:
        """Send what is left; give up after `patience_s` seconds, and sooner where the collector does not answer."""
        self._finishing = True
        self._full.set()
        await asyncio.wait([self._task], timeout=min(patience_s, _UNREACHABLE_S))
        if not self._unreachable:
            await asyncio.wait([self._task], timeout=max(patience_s - _UNREACHABLE_S, 0.0))
        self.give_up()
        self._sender.close()

    @property
    def lost_at(self) -> float | None:
        """When the connection to the collector ended and no answer came since, on the monotonic clock."""
        return self._sender.lost_at

    def give_up(self) -> None:
        """Send nothing more; a `finish` that waits returns."""
        self._task.cancel()

    async def _run(self) -> None:
        while not (self._finishing and not self._open.spans and not self._batches):
            if not self._finishing:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._full.wait(), _EVERY_S)
            self._full.clear()
            self._seal()
            while self._batches:
                await self._deliver(self._batches[0])
                self._batches.popleft()

    def _seal(self) -> None:
        if self._open.spans and len(self._batches) < _MOST_BATCHES:
            self._batches.append(self._open)
        self._open = _Batch()

    async def _deliver(self, batch: "_Batch") -> None:
        """Retry until the batch is acknowledged, or refused permanently."""
        body = self._envelope.request(batch.spans)
        attempt = 0
        while (status := await self._sender.send(self._head(len(body)) + body)) is None or status in _AGAIN:
            self._unreachable = status is None
            await asyncio.sleep(_PAUSES_S[min(attempt, len(_PAUSES_S) - 1)])
            attempt += 1
        self._unreachable = False
        if status == _ACKNOWLEDGED:
            self.acked += len(batch.spans)
            self._acknowledged(batch.turns)

    def _head(self, length: int) -> bytes:
        own = "".join(f"{name}: {value}\r\n" for name, value in (self._access.headers() if self._access else {}).items())
        return (
            f"POST {self._address.path} HTTP/1.1\r\nhost: {self._address.authority}\r\n"
            f"{own}content-type: application/x-protobuf\r\ncontent-length: {length}\r\n\r\n"
        ).encode("latin-1")


@dataclass(slots=True)
class _Batch:
    turns: list[int] = field(default_factory=list)
    spans: list[bytes] = field(default_factory=list)


class _Sender:
    """One persistent connection, opened again when it is closed."""

    def __init__(self, address: Address, own: Credentials | None) -> None:
        self._address, self._access = address, own
        self._heads = KnownHeads([status == _ACKNOWLEDGED for status in range(1000)])
        self._connection: Connection | None = None
        self._answer: asyncio.Future[int | None] | None = None
        self.lost_at: float | None = None

    async def send(self, request: bytes) -> int | None:
        """The status of the response; None without one."""
        try:
            return await asyncio.wait_for(self._exchange(request), _ANSWER_S)
        except (OSError, TimeoutError, LabError):        # LabError: the certificates are being exchanged
            self.close()
            return None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def answered(self, status: int, reusable: bool) -> None:
        self.lost_at = None
        if not reusable:
            self._connection = None
        self._settle(status)

    def broken(self, kind: str, unanswered: bool) -> None:  # noqa: ARG002 any failure is tried again
        self.lost()
        self._settle(None)

    def lost(self) -> None:
        self._connection = None
        self.lost_at = self.lost_at or time.monotonic()

    async def _exchange(self, request: bytes) -> int | None:
        if self._connection is None:
            self._connection = await self._connected()
        if not self._connection.open:
            raise ConnectionError
        self._answer = asyncio.get_running_loop().create_future()
        self._connection.send(request)
        return await self._answer

    async def _connected(self) -> Connection:
        loop, connection = asyncio.get_running_loop(), Connection(self, self._heads, {})
        where = (self._address.host, self._address.port)
        if not self._address.secure:
            await loop.create_connection(lambda: connection, *where)
            return connection
        # the files are read for each connection: they may have been exchanged
        tls = TlsTransport(connection, (self._access or Credentials()).context(), self._address.host)
        await loop.create_connection(lambda: tls, *where)
        try:
            await tls.ready
        except (OSError, asyncio.CancelledError):
            tls.abort()
            raise
        return connection

    def _settle(self, status: int | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(status)
