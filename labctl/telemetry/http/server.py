"""A small HTTP/1.1 server over the standard library: threads, keep-alive, deadlines, problem+json for every error.

A thread per connection suits SQLite's blocking calls and starts in a tenth of the time of an ASGI server; the callers are a
collector, a command line and a browser.
"""

import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer
from typing import Any

IDLE_S = 75.0                           # a silent connection is closed after this


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    kind: str = "application/json"


@dataclass(frozen=True, slots=True)
class Problem(Exception):
    status: int
    title: str
    detail: str = ""

    def reply(self) -> Reply:
        fields = {"type": "about:blank", "status": self.status, "title": self.title, "detail": self.detail}
        return Reply(self.status, json.dumps(fields).encode(), "application/problem+json")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; `body` reads it, and is only called by those that want one."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)    # names in lower case
    body: Callable[[], bytes] = bytes

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


Answerer = Callable[[Asked], Reply]


def listen(host: str, port: int, answer: Answerer) -> ThreadingHTTPServer:
    """A server that is bound and not yet serving. Raises OSError."""

    class Handler(_Handler):
        answerer = staticmethod(answer)

    return _Server((host, port), Handler)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def server_bind(self) -> None:
        # the base class also asks DNS for the machine's name, which nobody needs
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = str(self.server_address[0]), self.socket.getsockname()[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "labctl-viewer"
    sys_version = ""
    timeout = IDLE_S
    disable_nagle_algorithm = True
    wbufsize = -1                       # head and body leave as one packet
    answerer: Callable[[Asked], Reply]

    def __init__(self, request: Any, client_address: Any, server: BaseServer) -> None:
        super().__init__(request, client_address, server)

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        asked = Asked(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, self._body)
        try:
            reply = self.answerer(asked)
        except Problem as problem:
            reply = problem.reply()
            self.close_connection = True        # its body may not have been read
        except Exception as error:  # noqa: BLE001 - no input may end in a traceback
            reply = Problem(503, "the store cannot answer", str(error)).reply()
            self.close_connection = True
        self._send(reply)

    def _body(self) -> bytes:
        from labctl.telemetry.http import body

        headers = self.headers
        try:
            chunked = "chunked" in (headers.get("transfer-encoding") or "").lower()
            return body.read(self.rfile, headers.get("content-length"), headers.get("content-encoding"), chunked)  # type: ignore[arg-type]
        except body.BodyError as error:
            raise Problem(error.status, str(error)) from None

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("content-type", reply.kind)
        self.send_header("content-length", str(len(reply.body)))
        self.send_header("x-content-type-options", "nosniff")
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)
        self.wfile.flush()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        self.close_connection = True
        self._send(Problem(code, message or explain or "bad request").reply())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """No line per request: the log is for what was received."""
