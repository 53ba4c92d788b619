"""Requests that a client sends ahead, without waiting for answers, are parsed as those before them are answered.

uvicorn parses all that has arrived, and queues it: 10 MB of requests of 27 bytes took 840 MiB, and blocked the loop for seconds.
"""

import asyncio
from asyncio import Transport
from collections import deque
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

PIECE = 256                          # bytes that are parsed at a time, except of a body whose length is known: a few requests


_NONE: deque[tuple[RequestResponseCycle, Any]] = deque()     # stands for those of connections without requests: 0.8 kB each
_WRITABLE = asyncio.Event()                                 # and for those of connections that can be written to
_WRITABLE.set()


class _Flow(FlowControl):
    held = False                     # there is enough to parse, whatever an answer or a body that was read says

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self._is_writable_event = _WRITABLE

    def pause_writing(self) -> None:
        if not self.write_paused:
            self._is_writable_event = asyncio.Event()
        super().pause_writing()

    def resume_reading(self) -> None:
        if not self.held:
            super().resume_reading()


class PipeliningProtocol(HttpToolsProtocol):
    """Subclasses override `parse`, `ended` and `held_back`, where HttpToolsProtocol has `data_received` and `eof_received`."""

    flow: _Flow
    _ahead: bytearray                # has arrived, and is not parsed yet
    _body_left = 0                   # bytes of the current body, where its length is known
    _ended = False
    _answered: RequestResponseCycle | None = None    # the request that is being answered; `cycle` is the last that was parsed

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = _Flow(transport)
        self._ahead = bytearray()
        self.pipeline = _NONE

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answered is not None and not self._answered.response_complete:
            self._answered.disconnected = True           # uvicorn says so to the last one alone, and others fail as they write
            self._answered.message_event.set()
        super().connection_lost(exc)

    def parse(self, data: bytes) -> None:
        super().data_received(data)

    def ended(self) -> bool:
        """The client has closed its side, and all that it sent is parsed: whether the connection stays open for answers."""
        return False

    def held_back(self) -> None:
        """What comes next is there, and waits for answers."""

    def drop_ahead(self) -> None:
        """The connection is given up: nothing more of it is parsed."""
        self._ahead.clear()

    def data_received(self, data: bytes) -> None:
        if len(data) <= PIECE and not self._ahead:
            self.parse(data)
        else:
            self._ahead += data
            self._parse_ahead()

    def eof_received(self) -> bool:  # type: ignore[override]
        self._ended = True
        return bool(self._ahead) or self.ended()

    def on_headers_complete(self) -> None:
        if self.pipeline is _NONE:
            self.pipeline = deque()
        self._body_left = int(next((value for name, value in self.headers if name == b"content-length"), 0))
        super().on_headers_complete()
        if not self.pipeline:
            self._answered = self.cycle

    def on_body(self, body: bytes) -> None:
        self._body_left -= len(body)
        super().on_body(body)

    def on_response_complete(self) -> None:
        if self.pipeline:
            self._answered, _ = self.pipeline[-1]
        super().on_response_complete()
        if self._ahead:
            self._parse_ahead()

    def _parse_ahead(self) -> None:
        while self._ahead and not self.pipeline and not self.transport.is_closing():
            size = max(PIECE, self._body_left)
            piece = bytes(self._ahead[:size])
            del self._ahead[:size]
            self.parse(piece)
        if self.transport.is_closing():
            self._ahead.clear()
            return
        was_held, self.flow.held = self.flow.held, bool(self._ahead)
        if self._ahead:
            self.flow.pause_reading()
            self.held_back()
        elif self._ended:
            if not self.ended():
                self.transport.close()
        elif was_held and not self.pipeline:
            self.flow.resume_reading()
