"""HTTP/1.1 over one connection: one request written at once, its response read to the end, and nothing sent before that.

Subtle: whether a response without a length ended or was cut off is only seen when the connection closes, from the response's
head. The parser keeps no heads, so the bytes of a response that is not complete yet are kept, up to the size of the largest head.
"""

import asyncio
import os
import select
from contextlib import suppress
from typing import Any, Protocol, cast

import httptools

from labctl.load.generator.http1 import failures, response_head
from labctl.load.generator.http1.failures import CLOSED, CUT_OFF, MALFORMED, RESET, failure
from labctl.load.generator.http1.known_heads import KnownHeads
from labctl.load.generator.http1.request_head import HEAD_METHOD
from labctl.load.measure.summary import status_name

EXCESS = "bytes after the response"
_GARBAGE = b"\0"                         # which every parser refuses
_READ = 1 << 16
_INTERIM = range(100, 200)              # statuses that announce another response
_SWITCHED = 101                         # except this one: no HTTP follows it
_REDIRECT, _CLIENT_ERROR = 300, 400
_UNANSWERED = {CLOSED, RESET}


class Listener(Protocol):
    """The user of a connection, and what it is told."""

    def answered(self, status: int, reusable: bool) -> None:
        """The response was read to its end; unless `reusable`, the connection is closed already."""
    def broken(self, kind: str, unanswered: bool) -> None:
        """The connection closed while a response was awaited; `unanswered`: before any byte of it came."""
    def lost(self) -> None:
        """The connection closed while no response was awaited."""


class Connection(asyncio.Protocol):
    """The client's end. `send` may be called when it is open and no response is awaited.

    Subtle: `data_received` is on the engine's hot path. It is fast because only responses with a head that was not seen before
    go through the parser.
    """

    __slots__ = (
        "_bodiless", "_fd", "_feed", "_heads", "_known", "_listener", "_notes", "_parser", "_partial", "_plain", "_request",
        "_responses", "_reusable", "_status", "_transport", "_waiting", "direct", "fresh", "open",
    )

    def __init__(self, listener: Listener, heads: KnownHeads, notes: dict[str, str]) -> None:
        """`notes` maps the name of a status or failure to its first detail; all connections of a run share it."""
        self._listener: Listener | None = listener
        self._heads, self._known, self._notes = heads, heads.known, notes
        self._parser: Any = _parser(self)
        self._feed: Any = self._parser.feed_data
        self._status, self._reusable = 0, False
        self._waiting = False
        self.fresh = False                             # a response is awaited, and no byte of it has come
        self._request = b""                             # the latest
        self._bodiless = 0                              # the status of a response to HEAD
        self._responses = 0
        self._partial = b""
        self.open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.direct = self._plain = transport.get_extra_info("sslcontext") is None
        self._fd = transport.get_extra_info("socket").fileno()
        self.open = True

    def send(self, request: bytes) -> None:
        """Write to the socket directly, which is cheaper than through the transport; the transport gets what does not fit."""
        self._waiting = True
        self.fresh = not request.startswith(HEAD_METHOD)      # whose responses only look like those that are known
        self._request = request
        try:
            written = os.write(self._fd, request) if self.direct else 0
        except OSError:                                 # the transport runs into the same error and reports it
            written = 0
        if written < len(request):
            self.rest(request[written:])

    def rest(self, request: bytes) -> None:
        """Write what did not fit."""
        self.direct = False                            # from now on, so that nothing overtakes what the transport holds
        self._transport.write(request)

    def has_ended(self) -> bool:
        """Whether the server has closed it, or sent unrequested bytes, which the event loop has not read yet."""
        ready = select.poll()
        ready.register(self._fd, select.POLLIN)
        return bool(ready.poll(0))

    def close(self) -> None:
        """At once, without telling the listener."""
        self._listener, self.open = None, False
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.fresh:
            known = self._known.get(len(data))
            if known is not None and data.startswith(known[0]):
                self._whole(known[1])
                return
        self._parse(data)

    def _whole(self, status: int) -> None:
        """A complete response with a known head has come."""
        self._waiting = self.fresh = False
        if self._listener is not None:
            self._listener.answered(status, True)

    def _parse(self, data: bytes) -> None:
        whole, self.fresh = self.fresh, False
        if self._waiting and self._request.startswith(HEAD_METHOD):
            data = self._head_alone(data)
        if data:
            self._take(data, whole)

    def _take(self, data: bytes, whole: bool = False) -> None:
        problem = self._fed(data)
        if self._responses and self._waiting:
            if problem or self._responses > 1:
                self._reusable = False                  # what follows belongs to no request (RFC 9112, 6.3)
                self._notes.setdefault(EXCESS, failures.shown(data))
            elif whole and self._reusable:
                self._heads.learn(data, self._status)
            self._answered(data)
        elif problem:
            self._mend(self._partial + data, problem)
        elif not self._responses:
            self._keep(data)
        else:
            self._end(MALFORMED)

    def _fed(self, data: bytes) -> str:
        """The parser's error message, or "" when it accepts the bytes."""
        try:
            self._feed(data)
        except httptools.HttpParserUpgrade:
            self._reusable = False
        except httptools.HttpParserError as error:
            return str(error)
        return ""

    def on_message_begin(self) -> None:
        """Called by the parser; a message that begins after a complete response belongs to no request."""
        if self._responses:
            self._responses += 1

    def on_message_complete(self) -> None:
        """Called by the parser, which knows only now whether the connection stays open."""
        status = self._bodiless or self._parser.get_status_code()
        if status in _INTERIM and status != _SWITCHED:
            return
        if not self._responses:
            self._status, self._reusable = status, self._parser.should_keep_alive()
        self._responses += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        if exc is not None and self._plain:
            self._read_on()
        if self._partial and self._ended_with_the_connection(exc):
            self._status, self._reusable = self._parser.get_status_code(), False
            self._answered(b"")
        elif isinstance(exc, OSError):
            self._end(failure(exc))
        else:
            self._end(CUT_OFF if self._partial else CLOSED)
        self._parser = self._feed = None                # it refers to us: a cycle, and reconnecting would leave many

    def _read_on(self) -> None:
        """Read what is left: a server that refuses a large request often answers before it closes, and our write fails first."""
        with suppress(OSError):
            while self._waiting and (data := os.read(self._fd, _READ)):
                self._parse(data)

    def _ended_with_the_connection(self, exc: Exception | None) -> bool:
        """Whether the close completed a response; after a refusal a server may reset the connection instead of closing it."""
        refused = exc is None or self._parser.get_status_code() >= _CLIENT_ERROR
        return refused and response_head.ends_with_the_connection(self._partial)

    def _mend(self, response: bytes, problem: str) -> None:
        """Try again with a corrected head, once the head is complete."""
        better = None if self._bodiless else response_head.mended(response)
        if better is not None:
            self._partial = b""
            self._parser = _parser(self)
            self._feed = self._parser.feed_data
            self._take(better)
        elif self._waiting and response_head.may_be_mended(response):
            self._partial = response                    # the parser will refuse what comes next too
        else:
            self._refuse(response, problem)

    def _refuse(self, response: bytes, problem: str) -> None:
        kind = failures.malformed(response)
        self._notes.setdefault(kind, f"{problem}: {failures.shown(response)}")
        self._end(kind)

    def _keep(self, data: bytes) -> None:
        if len(self._partial) < response_head.MAX_RESPONSE_HEAD_BYTES:
            self._partial += data
            if len(self._partial) >= response_head.MAX_RESPONSE_HEAD_BYTES and not response_head.split(self._partial)[0]:
                self._refuse(self._partial, f"a head of more than {response_head.MAX_RESPONSE_HEAD_BYTES} bytes")
        if not self._waiting:
            self._end(MALFORMED)

    def _head_alone(self, data: bytes) -> bytes:
        """A response to HEAD, changed so that the parser does not wait for the body its head describes; empty: not complete yet.

        The parser sees status 204, which never has a body.
        """
        response = self._partial + data
        head, more = response_head.split(response)
        if not head[9:12].isdigit():
            self._partial = response
            return b"" if not head and len(response) < response_head.MAX_RESPONSE_HEAD_BYTES else _GARBAGE
        self._partial, self._bodiless = b"", int(head[9:12])
        head = response_head.mended(head) or head
        return head[:9] + b"204" + head[12:] + more

    def _answered(self, data: bytes) -> None:
        listener, response = self._listener, self._partial + data
        self._responses, self._waiting, self._bodiless = 0, False, 0
        self._partial = b""
        if self._status >= _REDIRECT:
            self._note(response)
        reusable = self._reusable and self.open
        if not reusable:
            self.close()
        if listener is not None:
            listener.answered(self._status, reusable)

    def _note(self, response: bytes) -> None:
        """Note the target of the first redirect, and the beginning of the first refusal, of each status."""
        name = status_name(self._status)
        if name not in self._notes:
            text = response_head.location(response) if self._status < _CLIENT_ERROR else response_head.split(response)[1]
            self._notes[name] = failures.shown(text)

    def _end(self, kind: str) -> None:
        listener, waiting = self._listener, self._waiting
        if listener is None:
            return
        unanswered = kind in _UNANSWERED and not self._partial
        self._waiting = self.fresh = False
        self.close()
        if waiting:
            listener.broken(kind, unanswered)
        else:
            listener.lost()


def _parser(connection: Connection) -> Any:
    """As lenient as RFC 9112 lets a client be, and as other clients are."""
    parser = httptools.HttpResponseParser(connection)
    parser.set_dangerous_leniencies(
        lenient_headers=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True, lenient_version=True,
    )
    return parser
