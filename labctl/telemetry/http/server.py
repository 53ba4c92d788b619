"""HTTP/1.1 on threads: h11 parses the protocol, this module manages connections and deadlines.

A thread for each connection suits SQLite's blocking calls, and starts 100 ms sooner than an ASGI server; the clients are few: a
collector, the command line and browsers. A page's live stream holds its thread, which sleeps; how many there may be is said where
they are made. A request must be complete within eight seconds. When there are too many connections,
the one that has waited longest for a request is closed.
"""

import socket
import socketserver
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import h11

from labctl.telemetry.http import body
from labctl.telemetry.http.guard import Guard
from labctl.telemetry.http.hosts import Hosts
from labctl.telemetry.http.messages import Answerer, HTTPProblem, HttpRequest, Reply

if TYPE_CHECKING:
    from labctl.telemetry.http.tls import ServerTls  # imports ssl, which only a viewer with TLS needs

RECEIPT_S = 8.0                         # for a whole request, from the connection's start or the request's first byte
IDLE_S = 75.0                           # between two requests on one connection
SENDING_S = 30.0                        # for a whole answer, of which the client
TAKING_S = 7.0                          # must take something every so often
LINGER_S = 1.0                          # at least, to read the rest of a refused request, so that the client sees the answer
MOST_CONNECTIONS = 512                  # 27 KiB each, most of it a thread's
ROOM_S = 1.0                            # for a connection that was closed to make room
MAX_REQUEST_HEAD_BYTES = 16 << 10               # of a request: its line and header fields
MAX_FIELDS = 256                        # header fields of a request
MOST_ANSWERS = 48 << 20                 # bytes of all large answers together that clients have not taken yet
ROOM_FOR_ANSWER_S = 1.0                 # how long one waits for others to be taken
PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Site:
    """One listening address: its handler, its accepted host names, its budgets of memory, and who may use it."""

    answer: Answerer
    hosts: Hosts = field(default_factory=Hosts)
    budget: body.Budget = field(default_factory=body.Budget)
    guard: Guard = field(default_factory=Guard)
    tls: "ServerTls | None" = None
    answers: body.Budget = field(default_factory=lambda: body.Budget(MOST_ANSWERS, "answers", ROOM_FOR_ANSWER_S))


def listen(host: str, port: int, site: Site) -> socketserver.TCPServer:
    """A server that is bound and not yet serving. Raises OSError."""
    return _Server((host, port), site)


_Waiting = tuple[dict[socket.socket, None], dict[socket.socket, None]]


def _forget(waiting: _Waiting, connection: socket.socket) -> None:
    for group in waiting:
        group.pop(connection, None)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 512

    def __init__(self, address: tuple[str, int], site: Site) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._site = site
        self._free = threading.Semaphore(MOST_CONNECTIONS)
        # those without a whole head of a request, in the order of their waiting: of clients that have sent none, and of others
        self._waiting: _Waiting = ({}, {})
        super().__init__(address, socketserver.BaseRequestHandler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False) or self._make_room():
            self._waiting[0][request] = None
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def _make_room(self) -> bool:
        new, kept = self._waiting
        longest = next(iter([*list(new), *list(kept)]), None)
        if longest is None:
            return False
        _forget(self._waiting, longest)
        with suppress(OSError):
            longest.shutdown(socket.SHUT_RDWR)
        return self._free.acquire(timeout=ROOM_S)

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class's signature
        channel, begun = request, time.monotonic()
        try:
            if self._site.tls:
                channel = self._secured(request, self._site.tls)
            if channel:
                _Connection(channel, self._site, self._waiting, begun).serve()
        finally:
            _forget(self._waiting, channel or request)
            if channel is not request:
                _close(channel)
            self._free.release()

    def _secured(self, request: socket.socket, tls: "ServerTls") -> socket.socket | None:
        """The connection's socket from then on: the one before has no descriptor any more."""
        channel = tls.accept(request, RECEIPT_S)
        _forget(self._waiting, request)
        if channel:
            self._waiting[0][channel] = None
        return channel

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing to report: the client closed the connection."""


def _close(channel: socket.socket | None) -> None:
    if channel:
        with suppress(OSError):
            channel.close()


class _Connection:
    def __init__(self, channel: Any, site: Site, waiting: _Waiting, begun: float) -> None:
        channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = channel
        self._waiting = waiting
        self._local_address = str(channel.getsockname()[0])
        self._site = site
        self._has_certificate = site.tls is not None and bool(channel.getpeercert(binary_form=True))
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_REQUEST_HEAD_BYTES)
        self._deadline = begun + RECEIPT_S
        self._share: body.Share | None = None
        self._is_head_method = False

    def serve(self) -> None:
        with suppress(OSError, h11.LocalProtocolError):
            while self._one():
                self._http.start_next_cycle()
                self._await_next()
            self._linger()

    def _one(self) -> bool:
        """Answer one request; whether another may follow on this connection."""
        with self._site.answers.share() as taken:
            try:
                event = self._event()
                if not isinstance(event, h11.Request):
                    return False
                _forget(self._waiting, self._socket)
                self._is_head_method = event.method == b"HEAD"
                reply = _refusal(event) or self._reply(event, partial(self._site.answers.grow, taken))
            except h11.RemoteProtocolError as error:
                reply = HTTPProblem(error.error_status_hint, "not HTTP/1.1", str(error)).reply()
            except TimeoutError:
                reply = HTTPProblem(408, f"a request must be complete within {RECEIPT_S:.0f} s").reply()
            self._send(reply)
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    def _reply(self, event: h11.Request, charge: Callable[[int], None]) -> Reply:
        headers = {name.decode(): value.decode("latin-1") for name, value in event.headers}
        try:
            with self._site.budget.share() as share:
                self._share = share
                encoding = headers.get("content-encoding", "")
                request = HttpRequest(
                    event.method.decode(), event.target.decode("latin-1"), headers,
                    lambda: body.read(self._pieces(headers), encoding, share), charge,
                )
                self._site.hosts.check(request, self._local_address)
                self._site.guard.check(request, has_certificate=self._has_certificate)
                reply = self._site.answer(request)
                self._skip_body()
                return reply
        except HTTPProblem as problem:
            return problem.reply()
        except (TimeoutError, h11.RemoteProtocolError):
            raise
        except Exception as error:  # noqa: BLE001 - no input may end in a traceback
            return HTTPProblem(500, "the viewer failed", f"{type(error).__name__}: {error}").reply()

    def _pieces(self, headers: dict[str, str]) -> Iterator[bytes]:
        if int(headers.get("content-length", "0")) > body.MOST_SENT:
            raise HTTPProblem(413, f"a body is at most {body.MOST_SENT >> 20} MiB")
        chunks = 0
        while isinstance(event := self._event(), h11.Data):
            chunks += event.chunk_start
            if chunks > body.MOST_CHUNKS:
                raise HTTPProblem(413, f"a body has at most {body.MOST_CHUNKS} chunks")
            yield bytes(event.data)

    def _skip_body(self) -> None:
        """Read to the end of the request; h11 reports an end even without a body."""
        if self._http.their_state is h11.SEND_BODY:
            self._http.next_event()

    def _event(self) -> Any:
        """The next h11 event. Raises TimeoutError at the deadline."""
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                self._write(self._http.send(h11.InformationalResponse(status_code=100, headers=[])))
            self._receive(self._deadline + (self._share.waited_s if self._share else 0))
        return event

    def _await_next(self) -> None:
        """Wait for the next request's first byte; the request's deadline counts from then."""
        self._waiting[1][self._socket] = None
        if not self._http.trailing_data[0]:
            self._receive(time.monotonic() + IDLE_S)
        self._deadline = time.monotonic() + RECEIPT_S

    def _receive(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        self._http.receive_data(self._socket.recv(PIECE))

    def _send(self, reply: Reply) -> None:
        if self._http.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            return
        length = [] if reply.stream else [("content-length", str(len(reply.body)))]
        headers = [
            ("content-type", reply.kind), *length, ("x-content-type-options", "nosniff"),
            ("server", "labctl-viewer"), *reply.headers,
        ]
        if self._http.their_state is not h11.DONE:
            headers.append(("connection", "close"))
        head = self._http.send(h11.Response(status_code=reply.status, headers=headers)) or b""
        if reply.stream:
            self._write(head)
            self._send_stream(reply.stream)
            return
        content = [] if self._is_head_method else self._http.send_with_data_passthrough(h11.Data(data=reply.body)) or []
        end = self._http.send(h11.EndOfMessage()) or b""
        if len(reply.body) <= PIECE:
            self._write(b"".join((head, *content, end)))
        else:
            for piece in (head, *content, end):         # a large one is not copied
                self._write(piece)

    def _send_stream(self, stream: Generator[bytes, None, None]) -> None:
        with closing(stream):
            for piece in stream if not self._is_head_method else ():
                self._write(self._http.send(h11.Data(data=piece)))
        self._write(self._http.send(h11.EndOfMessage()))

    def _write(self, data: bytes | None) -> None:
        deadline, rest = time.monotonic() + SENDING_S, memoryview(data or b"")
        while rest:
            self._socket.settimeout(max(0.001, min(TAKING_S, deadline - time.monotonic())))
            rest = rest[self._socket.send(rest):]

    def _linger(self) -> None:
        """Read the rest before closing: closing with unread bytes resets the connection, and the client may miss the answer."""
        self._socket.shutdown(socket.SHUT_WR)
        deadline, read = max(time.monotonic() + LINGER_S, self._deadline), 0
        while (left := deadline - time.monotonic()) > 0 and read < body.MOST_SENT:
            self._socket.settimeout(left)
            piece = self._socket.recv(PIECE)
            if not piece:
                return
            read += len(piece)


def _refusal(event: h11.Request) -> Reply | None:
    """Of what h11 lets through: its limit does not hold for a head that comes in one piece, and any version is one to it."""
    names = [name for name, _ in event.headers]
    if len(names) > MAX_FIELDS:
        return HTTPProblem(431, f"at most {MAX_FIELDS} header fields are taken").reply()
    if event.http_version not in {b"1.0", b"1.1"}:
        return HTTPProblem(400, "not HTTP/1.1").reply()
    if b"transfer-encoding" in names and b"content-length" in names:     # RFC 9112 §6.1: as in request smuggling
        return HTTPProblem(400, "a body has either a length or chunks").reply()
    return None
