"""uvicorn with what it lacks: connections with deadlines and limits, a drain before the shutdown, and relief by a successor."""

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Iterator
from functools import partial
from types import FrameType

import uvicorn
from fastapi import FastAPI

from service import takeover
from service.app import Phase
from service.connections import Connections, most
from service.settings import Settings
from service.silent import SilentProtocol
from service.takeover import Predecessor

_logger = logging.getLogger(__name__)
RELIEVED_S = 1.0                             # at least, from a successor's readiness to the end, for idle connections


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
        app, host=settings.host, port=settings.port, http=SilentProtocol, ws="none", loop="uvloop", lifespan="on",
        log_config=None, access_log=False, proxy_headers=False, server_header=False, timeout_keep_alive=75,
        timeout_graceful_shutdown=max(1, round(settings.grace_s)))
