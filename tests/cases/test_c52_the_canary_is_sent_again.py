"""C52, the half without a cluster: a canary that is lost on the way of before a repair is followed by another one."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from labctl.lab import canary
from labctl.model import TRACE, Endpoints

LOSES = 2                               # so many canaries


class Lab:
    """A service, a collector and a viewer in which the traces of the first canaries do not arrive."""

    def __init__(self) -> None:
        self.requests: list[str] = []   # trace ids, in their order


@contextmanager
def serving(lab: Lab) -> Iterator[Endpoints]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            if self.path == "/predict":
                lab.requests.append(self.headers["traceparent"].split("-")[1])
            self._answer(200, {"prediction": 4.0})

        def do_GET(self) -> None:
            trace_id = self.path.partition("?")[0].rpartition("/")[2]
            if trace_id not in lab.requests[LOSES:]:
                self._answer(404, {"title": "Not Found", "status": 404})
                return
            spans = [
                {"name": name, "service": "s", "kind": "server", "span_id": f"{number:016x}", "parent_id": "", "start_ms": 0.0,
                 "duration_ms": 1.0, "status": "unset", "attributes": {}}
                for number, name in enumerate(("POST", *TRACE), 1)
            ]
            self._answer(200, {"trace_id": trace_id, "duration_ms": 1.0, "complete": True, "spans": spans})

        def _answer(self, status: int, document: dict[str, Any]) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ExitStack() as stack:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=server.serve_forever, daemon=True).start()
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
        url = f"http://127.0.0.1:{server.server_port}"
        yield Endpoints(dict.fromkeys(("service", "viewer", "otlp_http", "otlp_grpc", "collector_metrics"), url))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary, "FIRST_PATIENCE_S", 0.05)
    monkeypatch.setattr(canary, "PAUSE_S", 0.01)


def test_up_sends_another_one_until_one_arrives() -> None:
    lab = Lab()
    with serving(lab) as endpoints:
        sent = canary.send_until_one_arrives(endpoints, 30.0)
    assert sent.broken is None
    assert (sent.attempt, len(lab.requests)) == (LOSES + 1, LOSES + 1)


def test_a_check_sends_one_and_says_that_it_was_lost() -> None:
    lab = Lab()
    with serving(lab) as endpoints:
        sent = canary.send(endpoints, 0.05)
    assert sent.broken is not None
    assert sent.broken.hop == "collector → viewer"
    assert len(lab.requests) == 1


def test_what_never_arrives_is_an_error_in_time() -> None:
    lab = Lab()
    with serving(lab) as endpoints:
        sent = canary.send_until_one_arrives(endpoints, 0.04)
    assert sent.broken is not None
