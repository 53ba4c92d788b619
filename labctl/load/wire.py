"""HTTP/1.1 over one connection: one request written at once, its answer read to the end, and nothing sent before that.

Subtle: whether an answer without a length ended or was cut off is only seen when the connection closes, from the answer's
head. The parser keeps no heads, so the bytes of an answer that is not complete yet are kept, up to the size of any sane head.
"""

import asyncio
import errno
import os
from binascii import hexlify
from collections.abc import Callable
from typing import Any, Protocol, cast

import httptools

from labctl.errors import UsageError
from labctl.load.address import Address
from labctl.load.summary import LoadPlan

MALFORMED = "malformed answer"
CUT_OFF = "incomplete answer"
CLOSED = "connection closed"
RESET = "connection reset"
_MOST_HEAD = 65536
_FINAL = 200                            # statuses below it announce another answer
_NAMED = {
    errno.ECONNREFUSED: "connection refused", errno.ECONNRESET: RESET, errno.EPIPE: RESET, errno.ECONNABORTED: RESET,
    errno.ETIMEDOUT: "timeout", errno.EMFILE: "too many open files", errno.ENFILE: "too many open files",
    errno.EADDRNOTAVAIL: "out of local ports",
}


class Listener(Protocol):
    """Who uses a connection."""

    def answered(self, status: int, reusable: bool) -> None:
        """The answer was read to its end; unless `reusable`, the connection is closed already."""
    def broken(self, kind: str) -> None:
        """The connection is gone, and with it the answer that was waited for."""
    def lost(self) -> None:
        """The connection is gone while nothing was waited for."""


def requests(plan: LoadPlan, address: Address) -> Callable[[bytes], bytes]:
    """A function from a request's 16 bytes of ids to its bytes: everything but the traceparent is encoded once.

    traceparent as in https://www.w3.org/TR/trace-context/: version 00, trace id, parent id, flags 01 (sampled).
    """
    named = {"host": address.authority, **{name.lower(): value for name, value in plan.headers.items()}}
    fields = "".join(f"{name}: {_safe(value)}\r\n" for name, value in named.items())
    head = f"{plan.method} {address.path} HTTP/1.1\r\n{fields}content-length: {len(plan.body)}\r\n"
    before = f"{head}traceparent: 00-{plan.run_id}".encode("latin-1")
    after = b"-01\r\n\r\n" + plan.body
    return lambda ids: before + hexlify(ids, b"-", 8) + after


def failure(error: OSError | None) -> str:
    """The name of what went wrong with a connection; None: the other side closed it."""
    if error is None:
        return CLOSED
    return _NAMED.get(error.errno or 0) or (error.strerror or str(error) or type(error).__name__).lower()


class Connection(asyncio.Protocol):
    """The client's end. `send` may be called when it is open and no answer is awaited."""

    __slots__ = (
        "_answers", "_direct", "_fd", "_feed", "_listener", "_parser", "_partial", "_reusable", "_status", "_transport",
        "_waiting", "open",
    )

    def __init__(self, listener: Listener) -> None:
        self._listener: Listener | None = listener
        self._parser: Any = httptools.HttpResponseParser(self)
        self._feed: Any = self._parser.feed_data
        self._waiting = False
        self._answers = 0
        self._partial = b""
        self.open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._fd = transport.get_extra_info("socket").fileno()
        self._direct = True
        self.open = True

    def send(self, request: bytes) -> None:
        """The kernel is asked directly, which costs less than the transport does; that gets what the kernel does not take."""
        self._waiting = True
        try:
            written = os.write(self._fd, request) if self._direct else 0
        except OSError:                                 # the transport meets it too, and reports it
            written = 0
        if written < len(request):
            self._direct = False                        # from now on, so that nothing overtakes what the transport holds
            self._transport.write(request[written:])

    def close(self) -> None:
        """At once and silently: the listener is not told."""
        self._listener, self.open = None, False
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        try:
            self._feed(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._end(MALFORMED)
            return
        if self._answers == 1 and self._waiting:
            self._answered()
        elif not self._answers:
            self._keep(data)
        else:
            self._end(MALFORMED)

    def on_message_complete(self) -> None:
        """Called by the parser, which knows only now whether the connection stays open."""
        self._status = self._parser.get_status_code()
        if self._status >= _FINAL:
            self._reusable = self._parser.should_keep_alive()
            self._answers += 1

    def connection_lost(self, exc: Exception | None) -> None:
        if isinstance(exc, OSError):
            self._end(failure(exc))
        elif self._partial and self._until_close():
            self._status, self._reusable = self._parser.get_status_code(), False
            self._answered()
        else:
            self._end(CUT_OFF if self._partial else CLOSED)
        self._parser = self._feed = None                # it refers to us: a cycle, and reconnecting would leave many

    def _keep(self, data: bytes) -> None:
        if len(self._partial) < _MOST_HEAD:
            self._partial += data
        if not self._waiting:
            self._end(MALFORMED)

    def _answered(self) -> None:
        listener = self._listener
        self._answers, self._waiting = 0, False
        if self._partial:
            self._partial = b""
        if not self._reusable:
            self.close()
        if listener is not None:
            listener.answered(self._status, self._reusable)

    def _end(self, kind: str) -> None:
        listener, waiting = self._listener, self._waiting
        if listener is None:
            return
        self._waiting = False
        self.close()
        if waiting:
            listener.broken(kind)
        else:
            listener.lost()

    def _until_close(self) -> bool:
        """Whether the answer so far has a whole head that names no length: then its end is the connection's (RFC 9112, 6.3)."""
        head, end, _ = self._partial.lower().partition(b"\r\n\r\n")
        return bool(end) and b"\r\ncontent-length:" not in head and b"\r\ntransfer-encoding:" not in head


def _safe(value: str) -> str:
    if any(character in "\r\n\0" for character in value):
        raise UsageError(f"a header's value cannot hold a line break: {value!r}")
    return value
