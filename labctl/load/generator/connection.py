"""HTTP/1.1 over one connection: one request written at once, its answer read to the end, and nothing sent before that.

Subtle: whether an answer without a length ended or was cut off is only seen when the connection closes, from the answer's
head. The parser keeps no heads, so the bytes of an answer that is not complete yet are kept, up to the size of any sane head.
"""

import asyncio
import errno
import os
import re
import ssl
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, Protocol, cast

import httptools

from labctl.errors import UsageError
from labctl.load.plan import request_mix
from labctl.load.plan.address import Address
from labctl.load.plan.load_plan import LoadPlan, Request
from labctl.load.plan.trace_ids import text, texts

MALFORMED = "malformed answer"
CUT_OFF = "incomplete answer"
CLOSED = "connection closed"
RESET = "connection reset"
_MOST_HEAD = 1 << 18                    # what browsers take
_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r]*chunked[ \t]*\r\n", re.IGNORECASE)
_GARBAGE = b"\0"                         # which no parser takes
_HEAD = b"HEAD "
_WITH_BODY = {"POST", "PUT", "PATCH"}
_MOST_HEADS = 64
_PATIENCE = 256
_FINAL = 200                            # statuses below it announce another answer
_INTERIM = b"1"                         # their first digit
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


def requests(plan: LoadPlan, address: Address, first: int = 1, step: int = 1) -> Iterator[bytes]:
    """The bytes of request `first`, of the one `step` on, and so forth: all but the traceparent is encoded once.

    traceparent as in https://www.w3.org/TR/trace-context/: version 00, trace id, parent id, flags 01 (sampled).
    """
    around = [_around(request, plan.run_id, address) for request in request_mix.pool(plan)]
    return texts(first, step, *around[0]) if len(around) == 1 else _in_turn(around, request_mix.RequestOrder(plan), first, step)


def _in_turn(around: Sequence[tuple[bytes, bytes]], kinds: request_mix.RequestOrder, first: int, step: int) -> Iterator[bytes]:
    for index in count(first, step):
        before, after = around[kinds.of(index)]
        yield before + text(index) + after


def _around(request: Request, run_id: str, address: Address) -> tuple[bytes, bytes]:
    """What comes before a request's own ids, and after."""
    named = {"host": address.authority, **{name.lower(): value for name, value in request.headers.items()}}
    if request.body or request.method in _WITH_BODY:
        named.setdefault("content-length", str(len(request.body)))
    fields = "".join(f"{name}: {_safe(value)}\r\n" for name, value in named.items())
    head = f"{request.method} {request.path or address.path} HTTP/1.1\r\n{fields}traceparent: 00-{run_id}"
    return head.encode("latin-1"), b"-01\r\n\r\n" + request.body


def failure(error: OSError | None) -> str:
    """The name of what went wrong with a connection; None: the other side closed it."""
    if error is None:
        return CLOSED
    if isinstance(error, ssl.SSLError):
        return _tls(error)
    return _NAMED.get(error.errno or 0) or (error.strerror or str(error) or type(error).__name__).lower()


class Heads:
    """Heads of answers that were read to their end and came at once, by the answer's size: what begins with such a head and is
    as long is a whole answer too, since the head says how long its body is.

    Most servers send the same head for a second, so this finds most answers at a quarter of the parser's cost. Only statuses
    that are a success are learnt, so that what is known needs no second look.
    """

    def __init__(self, success: Sequence[bool]) -> None:
        self._success = success                         # by status
        self.known: dict[int, tuple[bytes, int]] = {}   # size of the whole answer → head, status
        self._missed = 0

    def learn(self, answer: bytes, status: int) -> None:
        """An answer after which the connection stays open. Heads that never come again are not worth much work."""
        self._missed += 1
        if not self._success[status] or (self._missed > _PATIENCE and self._missed % _PATIENCE):
            return
        head = answer[:answer.find(_END) + len(_END)]
        length = _LENGTH.search(head)
        if len(answer) != len(head) + (int(length[1]) if length else 0):    # in chunks, or something else stands around it
            return
        if len(self.known) >= _MOST_HEADS:
            self.known.clear()
        self.known[len(answer)] = head, status


class Connection(asyncio.Protocol):
    """The client's end. `send` may be called when it is open and no answer is awaited.

    Subtle: `data_received` is on the engine's hot path, and what makes it fast is that it asks the parser only about heads
    that it does not know.
    """

    __slots__ = (
        "_answers", "_bodiless", "_direct", "_fd", "_feed", "_fresh", "_heads", "_known", "_listener", "_parser", "_partial",
        "_request", "_reusable", "_status", "_transport", "_waiting", "open",
    )

    def __init__(self, listener: Listener, heads: Heads) -> None:
        self._listener: Listener | None = listener
        self._heads, self._known = heads, heads.known
        self._parser: Any = httptools.HttpResponseParser(self)
        self._feed: Any = self._parser.feed_data
        self._waiting = False
        self._fresh = False                             # waiting, and nothing of the answer has come
        self._request = b""                             # the latest
        self._bodiless = 0                              # the status of an answer to HEAD
        self._answers = 0
        self._partial = b""
        self.open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._direct = transport.get_extra_info("sslcontext") is None
        self._fd = transport.get_extra_info("socket").fileno()
        self.open = True

    def send(self, request: bytes) -> None:
        """The kernel is asked directly, which costs less than the transport does; that gets what the kernel does not take."""
        self._waiting = True
        self._fresh = not request.startswith(_HEAD)     # whose answers only look like those that are known
        self._request = request
        try:
            written = os.write(self._fd, request) if self._direct else 0
        except OSError:                                 # the transport meets it too, and reports it
            written = 0
        if written < len(request):
            self._rest(request[written:])

    def _rest(self, request: bytes) -> None:
        self._direct = False                            # from now on, so that nothing overtakes what the transport holds
        self._transport.write(request)

    def close(self) -> None:
        """At once and silently: the listener is not told."""
        self._listener, self.open = None, False
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._fresh:
            known = self._known.get(len(data))
            if known is not None and data.startswith(known[0]):
                self._whole(known[1])
                return
        self._parse(data)

    def _whole(self, status: int) -> None:
        """An answer of a known head has come at once."""
        self._waiting = self._fresh = False
        if self._listener is not None:
            self._listener.answered(status, True)

    def _parse(self, data: bytes) -> None:
        whole, self._fresh = self._fresh, False
        if self._waiting and self._request.startswith(_HEAD):
            data = self._head_alone(data)
        if not data:
            return
        try:
            self._feed(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._end(MALFORMED)
            return
        if self._answers == 1 and self._waiting:
            if whole and self._reusable:
                self._heads.learn(data, self._status)
            self._answered()
        elif not self._answers:
            self._keep(data)
        else:
            self._end(MALFORMED)

    def on_message_complete(self) -> None:
        """Called by the parser, which knows only now whether the connection stays open."""
        status = self._bodiless or self._parser.get_status_code()
        if status >= _FINAL:
            self._status, self._reusable = status, self._parser.should_keep_alive()
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

    def _head_alone(self, data: bytes) -> bytes:
        """What answers HEAD, so that the parser does not wait for the body that its head describes; empty: more has to come.

        To the parser it is a 204, which has a head alone as well.
        """
        head, end, more = _final(self._partial + data)
        if not end or not head[9:12].isdigit():
            self._partial = head[:_MOST_HEAD]
            return b"" if not end and len(head) < _MOST_HEAD else _GARBAGE
        self._partial, self._bodiless = b"", int(head[9:12])
        return head[:9] + b"204" + head[12:] + end + more

    def _answered(self) -> None:
        listener = self._listener
        self._answers, self._waiting, self._bodiless = 0, False, 0
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
        self._waiting = self._fresh = False
        self.close()
        if waiting:
            listener.broken(kind)
        else:
            listener.lost()

    def _until_close(self) -> bool:
        """Whether the answer so far has a whole head that names no length: then its end is the connection's (RFC 9112, 6.3)."""
        head, end, _ = _final(self._partial)
        head += end
        return bool(end) and not _LENGTH.search(head) and not _CHUNKED.search(head)


def _final(answer: bytes) -> tuple[bytes, bytes, bytes]:
    """The head of an answer, its end if that has come, and what follows; without the 1xx before it."""
    head, end, more = answer.partition(_END)
    while end and head[9:10] == _INTERIM:
        head, end, more = more.partition(_END)
    return head, end, more


def _tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate: {error.verify_message}"
    return f"tls: {(error.reason or type(error).__name__).replace('_', ' ').lower()}"


def _safe(value: str) -> str:
    if any(character in "\r\n\0" for character in value):
        raise UsageError(f"a header's value cannot hold a line break: {value!r}")
    return value
