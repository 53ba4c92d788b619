"""A Docker engine that answers what a test wants, on a socket of its own: what is tested is what we make of its answers."""

import contextlib
import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

VERSION = {"ApiVersion": "1.44", "Version": "28.5.2"}
Answers = dict[str, tuple[int, Any]]
"""By the path without its version, and without its query: the status and the document."""


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path: Path, answers: Answers) -> None:
        self.answers, self.asked = answers, list[str]()
        super().__init__(str(path), Handler)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def address_string(self) -> str:
        return "engine"

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        path = self.path.partition("?")[0].removeprefix("/v1.44")
        self.server.asked.append(f"{self.command} {path}")
        status, document = self.server.answers.get(path, (200, VERSION) if path == "/version" else (404, {"message": "no such"}))
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = do_PUT = _answer         # noqa: N815 - http.server finds them by these names


@contextlib.contextmanager
def engine(path: Path, answers: Answers) -> Iterator[Server]:
    server = Server(path, answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
