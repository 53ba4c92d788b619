"""uvicorn with what it lacks: a deadline for receiving a request, a limit for its head, and a drain before the shutdown.

A client that closes its side of the connection in the middle of a request still gets an answer: it may be reading.
"""

import contextlib
import logging
import socket
import time
from asyncio import TimerHandle, Transport
from collections.abc import Iterator
from types import FrameType

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from service import problem
from service.app import Phase
from service.body import TRUNCATED
from service.settings import Settings

_logger = logging.getLogger(__name__)
MAX_REQUEST_HEAD_BYTES = 64 * 1024           # bytes of request line and header fields together


class DeadlineProtocol(HttpToolsProtocol):
    """One timer for a whole request, from its first byte (or the connection's start) to its last."""

    app: FastAPI
    _timer: TimerHandle | None = None
    _receiving = False
    _in_head = False
    _head_size = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head:
            self._head_size += len(data)
            if self._head_size > MAX_REQUEST_HEAD_BYTES:
                self._refuse(431, "the header is too large")
        if not self._receiving:
            self._disarm()
        elif self._timer is None:
            self._arm()

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client has closed its side: answer the request that is being worked on, then close."""
        if self.cycle is None or self.cycle.response_complete:
            return False
        self.cycle.keep_alive = False
        if self.cycle.more_body:
            self.scope["state"][TRUNCATED] = True
            self.cycle.more_body = False
            self.cycle.message_event.set()
        return True

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._receiving = self._in_head = True
        self._head_size = 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()
        if self.app.state.phase is Phase.DRAINING:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        self._receiving = False
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, msg)

    def _arm(self) -> None:
        # longer than the application's own deadline for the body, so that it can answer with a 408
        self._timer = self.loop.call_later(self.app.state.settings.receive_timeout_s * 1.2, self._expired)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expired(self) -> None:
        if self._in_head:
            self._refuse(408, "the request did not arrive in time")
        else:
            self.transport.close()

    def _refuse(self, status: int, detail: str) -> None:
        if self.transport.is_closing():
            return
        content = problem.body(status, detail)
        self.transport.write(b"%bcontent-type: %b\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b" % (
            STATUS_LINE[status], problem.MEDIA_TYPE.encode(), len(content), content))
        self.transport.close()


class Server(uvicorn.Server):
    """After a signal it keeps serving for `drain_s` while /ready answers 503, then closes the port and exits with 0."""

    _exit_at: float | None = None

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._settings: Settings = app.state.settings
        super().__init__(config(app, self._settings))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # uvicorn logs this only for a port that it has opened itself
        for listener in sockets or ():
            _logger.info("listening on http://%s:%d", *listener.getsockname()[:2])

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._app.state.phase = Phase.DRAINING
        if self._exit_at is not None or self._settings.drain_s == 0:
            super().handle_exit(sig, frame)
        else:
            self._exit_at = time.monotonic() + self._settings.drain_s

    async def on_tick(self, counter: int) -> bool:
        if self._exit_at is not None and time.monotonic() >= self._exit_at:
            self.should_exit = True
        return await super().on_tick(counter)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            yield
            # uvicorn would raise the signal again, and the process would exit as killed by it
            self._captured_signals.clear()


def config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app, host=settings.host, port=settings.port, http=DeadlineProtocol, ws="none", loop="uvloop", lifespan="on",
        log_config=None, access_log=False, proxy_headers=False, server_header=False, timeout_keep_alive=75,
        timeout_graceful_shutdown=max(1, round(settings.grace_s)))
