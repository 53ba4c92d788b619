"""Requests to the lab: bounded in time and size, and whatever answers becomes one line."""

import http.server
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from labctl.errors import LabError
from labctl.host import http as client
from labctl.host.http import Unreachable, get, post


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Each connection is given to `answer` once its request has come, and closed afterwards."""
    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                try:
                    answer(connection)
                except OSError:
                    continue

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def test_any_status_is_an_answer() -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(503)
            self.end_headers()
            self.wfile.write(self.path.encode() + self.rfile.read(int(self.headers["content-length"])))

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        answer = post(f"http://127.0.0.1:{running.server_address[1]}/x?y=1", b"echo", {})
        assert (answer.status, answer.body) == (503, b"/x?y=1echo")
        running.shutdown()


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    with pytest.raises(Unreachable) as error:
        get(url)
    assert (error.value.detail, error.value.hint) == ("connection refused", "labctl status")


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    with server(lambda c: c.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")) as url:
        assert get(url).document().fields() == {}


def trickle(before: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        connection.sendall(before)
        while True:
            connection.sendall(b"x")
            time.sleep(0.02)

    return answer


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n",
                                    b"HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n"])
def test_a_server_that_trickles_is_given_up(before: bytes) -> None:
    with server(trickle(before)) as url, pytest.raises(Unreachable) as error:
        get(url, timeout_s=0.3)
    assert error.value.detail == "no answer in time"


def test_a_server_that_is_silent_is_given_up() -> None:
    with server(lambda c: time.sleep(1)) as url, pytest.raises(Unreachable, match="does not answer") as error:
        get(url, timeout_s=0.2)
    assert error.value.detail == "no answer in time"


def test_what_is_no_http_is_said() -> None:
    with server(lambda c: c.sendall(b"220 mail ready\r\n")) as url, pytest.raises(Unreachable) as error:
        get(url)
    assert "not HTTP" in error.value.detail


def test_an_answer_without_an_end_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MAX_BODY_BYTES", 1 << 20)

    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with server(flood) as url, pytest.raises(Unreachable) as error:
        get(url)
    assert "more than 1 MiB" in error.value.detail


@pytest.mark.parametrize(("head", "body", "said"), [
    ("200 OK", b"<html>hello", "answered 200 with HTML instead of JSON"),
    ("200 OK", b"", "answered 200: expected JSON, found nothing"),
    ("200 OK", b"\xff\xfe{", "UTF-16"), ("200 OK", b'{"a": "\xe9"}', "is not UTF-8"), ("200 OK", b"hello", "is not JSON"),
    ("302 Found\r\nlocation: http://evil.example/", b"", "a redirect to http://evil.example/"),
])
def test_an_answer_that_is_no_json_is_one_line(head: str, body: bytes, said: str) -> None:
    reply = f"HTTP/1.1 {head}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body
    with server(lambda c: c.sendall(reply)) as url, pytest.raises(LabError) as error:
        get(url).document()
    assert said in error.value.message
    assert url.removeprefix("http://") in error.value.message
    assert "\n" not in error.value.message
