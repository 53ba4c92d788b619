"""uvicorn's protocol with deadlines for receiving a request and for taking its answer, and limits of what is received.

A client that closes its side of the connection in the middle of a request still gets an answer: it may be reading.
"""

from asyncio import TimerHandle, Transport

from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from service import problem
from service.app import Phase
from service.body import TRUNCATED
from service.connections import Connections
from service.pipelining import PipeliningProtocol

MAX_REQUEST_HEAD_BYTES = 64 * 1024           # bytes of request line and header fields together
MAX_FIELDS = 256                             # header fields of a request
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

    def take_over(self, transport: Transport, deadline: float) -> None:
        """Of a connection that has been silent: for its first request it has until `deadline`, on the loop's clock, in s."""
        super().connection_made(transport)
        self._timer = self.loop.call_at(deadline, self._expired)
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
