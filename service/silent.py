"""A connection that has sent nothing yet, at a third of the memory: uvicorn's own protocol takes it over with the first byte.

Ten thousand of them, all of one client that says nothing, took 66 MiB and take 20.
"""

import asyncio
from asyncio import TimerHandle, Transport
from typing import Any

from uvicorn import Config
from uvicorn.server import ServerState

from service.connections import Connections
from service.deadlines import DeadlineProtocol


class SilentProtocol(asyncio.Protocol):
    __slots__ = ("_arguments", "_timer", "_transport")
    _transport: Transport
    _timer: TimerHandle

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], _loop: Any = None) -> None:
        self._arguments = config, server_state, app_state, _loop

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        config, server_state, *_ = self._arguments
        self._transport = transport
        wait_s = config.loaded_app.state.settings.receive_timeout_s * 1.2
        self._timer = asyncio.get_running_loop().call_later(wait_s, transport.close)
        server_state.connections.add(self)  # type: ignore[arg-type]
        self._room.opened(self)

    @property
    def _room(self) -> Connections:
        room: Connections = self._arguments[0].loaded_app.state.connections
        return room

    def _leave(self) -> None:
        self._timer.cancel()
        self._arguments[1].connections.discard(self)
        self._room.closed(self)

    def data_received(self, data: bytes) -> None:
        self._leave()
        successor = DeadlineProtocol(*self._arguments)
        self._transport.set_protocol(successor)
        successor.take_over(self._transport, self._timer.when())
        successor.data_received(data)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._leave()

    def make_room(self) -> None:
        self._transport.close()

    shutdown = make_room             # what uvicorn calls of each connection as it ends
