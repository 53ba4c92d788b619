"""A connection that has sent nothing: cheap, counted, and with the same deadline for its first request as it had before."""

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import uvicorn
from fastapi import FastAPI
from uvicorn.server import ServerState

from service.app import Phase
from service.connections import Connections
from service.deadlines import DeadlineProtocol
from service.silent import SilentProtocol


@dataclass
class Transport:
    protocol: Any = None
    closed: bool = False

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, _name: str) -> None:
        return None


def silent() -> tuple[SilentProtocol, Transport, ServerState]:
    app = FastAPI()
    app.state.settings, app.state.phase = SimpleNamespace(receive_timeout_s=6.0), Phase.READY
    app.state.connections = Connections(10)
    config, state = uvicorn.Config(app, log_config=None), ServerState()
    config.load()
    config.loaded_app = app
    protocol, transport = SilentProtocol(config, state, {}), Transport()
    protocol.connection_made(cast(asyncio.Transport, transport))
    return protocol, transport, state


def test_its_first_byte_makes_it_a_connection_with_the_deadline_that_it_had() -> None:
    asyncio.run(_first_byte())


async def _first_byte() -> None:
    protocol, transport, state = silent()
    deadline = protocol._timer.when()
    protocol.data_received(b"P")
    assert isinstance(transport.protocol, DeadlineProtocol)
    assert transport.protocol._timer is not None
    assert transport.protocol._timer.when() == deadline
    assert state.connections == {transport.protocol}
    assert protocol._timer.cancelled()


def test_it_is_closed_at_a_shutdown_and_makes_room() -> None:
    asyncio.run(_shutdown())


async def _shutdown() -> None:
    protocol, transport, state = silent()
    for connection in list(state.connections):
        connection.shutdown()
    assert transport.closed
    protocol.connection_lost(None)
    assert not state.connections
    assert protocol._timer.cancelled()
