"""uvicorn with what it lacks: deadlines for receiving a request and for taking its answer, limits, a drain before the shutdown.

A client that closes its side of the connection in the middle of a request still gets an answer: it may be reading.
"""

import asyncio
import contextlib
import logging
import socket
import time
from asyncio import TimerHandle, Transport
from collections.abc import Iterator
from functools import partial
from types import FrameType

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from service import problem, takeover
from service.app import Phase
from service.body import TRUNCATED
from service.connections import Connections, most
from service.pipelining import PipeliningProtocol
from service.settings import Settings
from service.takeover import Predecessor

_logger = logging.getLogger(__name__)
MAX_REQUEST_HEAD_BYTES = 64 * 1024           # bytes of request line and header fields together
MAX_FIELDS = 256                             # header fields of a request
RELIEVED_S = 1.0                             # at least, from a successor's readiness to the end, for idle connections
TAKING_S = 7.0                               # for a client that does not read its answers


class DeadlineProtocol(PipeliningProtocol):
    """One timer for a whole request, from its first byte (or the connection's start) to its last; one for a full send buffer."""

    app: FastAPI
    _room: Connections
    _timer: TimerHandle | None = None
    _taking: TimerHandle | None = None
    _refused: bytes | None = None            # an answer that has to wait for those of earlier requests
    _receiving = False
    _in_head = False
    _head_size = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._arm()
        self._room = self.app.state.connections
        self._room.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        self._taken()
        self._room.closed(self)
        super().connection_lost(exc)

    def make_room(self) -> None:
        self.transport.close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._taking = self.loop.call_later(TAKING_S, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._taken()

    def _taken(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def parse(self, data: bytes) -> None:
        super().parse(data)
        if self._in_head:
            self._head_size += len(data)
            if self._head_size > MAX_REQUEST_HEAD_BYTES:
                self._refuse(431, "the header is too large")
        if not self._receiving:
            self._disarm()
        elif self._timer is None:
            self._arm()

    def held_back(self) -> None:
        self._disarm()

    def ended(self) -> bool:
        """The client has closed its side: answer the request that is being worked on, then close."""
        if self.cycle is None or self.cycle.response_complete:
            return False
        self._cut_off()
        return True

    def _cut_off(self) -> None:
        """No more of the body comes: the application answers what it has, and the connection is closed."""
        self.cycle.keep_alive = False
        if self.cycle.more_body:
            self.scope["state"][TRUNCATED] = True
            self.cycle.more_body = False
            self.cycle.message_event.set()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._receiving = self._in_head = True
        self._head_size = 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._check_head()
        super().on_headers_complete()
        if self.app.state.phase is Phase.DRAINING:
            self.cycle.keep_alive = False

    def _check_head(self) -> None:
        """Refuses with an exception, which ends the parsing. One Host is wanted by RFC 9112 §3.2."""
        hosts = sum(name == b"host" for name, _ in self.headers)
        if len(self.headers) > MAX_FIELDS:
            self._refuse(431, f"at most {MAX_FIELDS} header fields are taken")
        elif hosts > 1 or (hosts == 0 and self.parser.get_http_version() != "1.0"):
            self._refuse(400, "a request names one host")
        else:
            return
        raise ValueError("refused")

    def on_message_complete(self) -> None:
        self._receiving = False
        self._room.received(self)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and not self._receiving:
            self._room.answered(self)
        if self._refused is not None and self.cycle.response_complete:
            self._refuse_now(self._refused)

    def send_400_response(self, msg: str) -> None:
        """What cannot be parsed is a request of its own, or the body of one that the application has already."""
        self.drop_ahead()
        if self.cycle is None or not self.cycle.more_body:
            self._refuse(400, msg)
        elif self.cycle.response_complete:
            self.transport.close()
        else:
            self._cut_off()

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
        if self.transport.is_closing() or self._refused is not None:
            return
        self.drop_ahead()
        content = problem.body(status, detail)
        answer = b"%bcontent-type: %b\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b" % (
            STATUS_LINE[status], problem.MEDIA_TYPE.encode(), len(content), content)
        if self.cycle is None or self.cycle.response_complete:
            self._refuse_now(answer)
        else:
            self._refused = answer
            self.flow.pause_reading()

    def _refuse_now(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()


class Server(uvicorn.Server):
    """After a signal it keeps serving for `drain_s` while /ready answers 503, then closes the port and exits with 0.

    It relieves a `predecessor`, when it is ready, and is itself relieved by a successor.
    """

    _exit_at: float | None = None
    _retired = False

    def __init__(self, app: FastAPI, predecessor: Predecessor | None = None) -> None:
        self._app, self._predecessor = app, predecessor
        self._settings: Settings = app.state.settings
        app.state.connections = Connections(most())
        super().__init__(config(app, self._settings))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # uvicorn logs this only for a port that it has opened itself
        for listener in sockets or ():
            _logger.info("listening on http://%s:%d", *listener.getsockname()[:2])
        loop = asyncio.get_running_loop()
        for listener in sockets or ():
            takeover.offer(listener, partial(loop.call_soon_threadsafe, self._retire))
        if self._predecessor:
            self._predecessor.relieve()

    def _retire(self) -> None:
        """Accept nothing more, which the successor does, and serve the connections that there are for a while."""
        _logger.info("another process has taken over the port")
        self._retired, self._app.state.phase = True, Phase.DRAINING
        for server in self.servers:
            server.close()
        self._exit_at = time.monotonic() + max(self._settings.drain_s, RELIEVED_S)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._retired:
            return                   # it ends by itself, within a moment that its clients need
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
