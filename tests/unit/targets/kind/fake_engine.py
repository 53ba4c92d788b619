"""A Docker engine that answers what a test wants, on a socket of its own: what is tested is what we make of its answers."""

import contextlib
import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

S = TypeVar("S", bound=socketserver.BaseServer)
VERSION = {"ApiVersion": "1.44", "Version": "28.5.2"}
Answers = dict[str, tuple[int, Any]]
"""By the path without its version and its query, or with `?label` where it selects by one: the status and the document."""


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path: Path, answers: Answers) -> None:
        self.answers, self.asked = answers, list[str]()
        super().__init__(str(path), Handler)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server | TlsServer"

    def address_string(self) -> str:
        return "engine"

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        path, _, query = self.path.removeprefix("/v1.44").partition("?")
        if "label" in query and f"{path}?label" in self.server.answers:
            path += "?label"
        self.server.asked.append(f"{self.command} {path}")
        status, document = self.server.answers.get(path, (200, VERSION) if path == "/version" else (404, {"message": "no such"}))
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = do_PUT = _answer         # noqa: N815 - http.server finds them by these names


class TlsServer(ThreadingHTTPServer):
    """The same on a port, behind TLS."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.answers, self.asked = Answers(), list[str]()
        super().__init__(("127.0.0.1", 0), Handler)
        self.socket = context.wrap_socket(self.socket, server_side=True)


@contextlib.contextmanager
def tls_engine(context: ssl.SSLContext) -> Iterator[int]:
    """Gives its port."""
    with _serving(TlsServer(context)) as server:
        yield server.server_address[1]


@contextlib.contextmanager
def engine(path: Path, answers: Answers) -> Iterator[Server]:
    with _serving(Server(path, answers)) as server:
        yield server


@contextlib.contextmanager
def _serving(server: S) -> Iterator[S]:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
