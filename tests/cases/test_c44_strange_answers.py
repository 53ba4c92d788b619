"""C44: HTML, nothing, a list, {}, bad UTF-8 or a redirect where the service or the viewer should answer is one line."""

import http.server
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.errors import LabError
from labctl.host import waiting
from tests.driver import Driver, a_name

ANSWERS: dict[str, tuple[int, dict[str, str], bytes]] = {
    "HTML": (200, {"content-type": "text/html"}, b"<!doctype html><title>hello</title>"),
    "HTML with an error": (500, {"content-type": "text/html"}, b"<h1>Internal Server Error</h1>"),
    "nothing": (200, {}, b""),
    "a list": (200, {}, b"[1, null]"),
    "a number": (200, {}, b"7"),
    "null": (200, {}, b"null"),
    "an empty mapping": (200, {}, b"{}"),
    "other fields": (200, {}, b'{"traces": 3, "series": {}, "spans": [1], "title": 4, "prediction": null, "latency_ms": []}'),
    "other entries": (200, {}, b'{"traces": [3, {}], "series": [{"name": []}, "x", {"name": "errors_total"}], "spans": [{}]}'),
    "bad UTF-8": (200, {}, b'{"a": "\xff"}'),
    "another encoding": (200, {}, '{"a": 1}'.encode("utf-16")),
    "a redirect": (302, {"location": "http://127.0.0.1:1/elsewhere"}, b""),
    "a redirect to itself": (307, {"location": "/"}, b""),
    "an error": (503, {}, b'{"title": ["x"], "detail": {"y": 1}}'),
    "escape codes": (418, {}, b'{"title": "\\u001b[2Jgone"}'),
}


class Stranger(http.server.BaseHTTPRequestHandler):
    """Answers everything with what was chosen."""

    protocol_version = "HTTP/1.1"
    chosen = ANSWERS["HTML"]

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        status, headers, body = self.chosen
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def strangers(*ports: int) -> Iterator[None]:
    servers = [http.server.ThreadingHTTPServer(("127.0.0.1", port), Stranger) for port in ports]
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """A lab whose service and viewer have gone, and somebody else listens on their ports."""
    driver = Driver(a_name("case"), tmp_path_factory.mktemp("lab"))
    with driver.up():
        pids = driver.pids()
        for name in ("service", "viewer"):
            os.kill(pids[name], signal.SIGKILL)
        assert waiting.until(lambda: not any(psutil.pid_exists(pids[name]) for name in ("service", "viewer")), 10)
        with strangers(driver.ports["SERVICE"], driver.ports["VIEWER"]):
            yield driver


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("words", ["predict 1 2", "trace slowest", "trace up", "trace 1abc7100", "metrics", "status"])
def test_it_is_an_error_and_never_a_fault(lab: Driver, words: str, answer: str) -> None:
    Stranger.chosen = ANSWERS[answer]
    result = CliRunner().invoke(app, words.split(), env=lab.env)
    assert result.exception is None or isinstance(result.exception, (LabError, SystemExit)), words
    assert "\033" not in result.output
    if words not in {"metrics", "status"}:
        assert isinstance(result.exception, LabError), (words, result.output)
        assert "\n" not in result.exception.message


@pytest.mark.parametrize("answer", ["HTML", "an empty mapping", "bad UTF-8", "a redirect"])
def test_a_load_and_a_check_say_so_too(lab: Driver, answer: str) -> None:
    Stranger.chosen = ANSWERS[answer]
    for words in (("check",), ("load", "-n", "3", "-c", "1")):
        done = lab.run(*words, code=None, timeout=90)
        assert "internal error in labctl" not in done.stderr, (words, done.stderr)
    assert lab.run("check", code=None).returncode in {1, 5}
