"""The times of a request that labctl makes under a trace id of its own."""

import http.server
import threading
import time
from typing import TYPE_CHECKING

import pytest

from labctl.host import http as client
from labctl.lab import canary
from labctl.model import Endpoints

if TYPE_CHECKING:
    import httpx

BUILD_S = 0.2


def test_the_servers_time_lies_within_the_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of the first request of a process, before which httpx is imported and a client is built."""
    came: list[int] = []
    build = client._client

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(time.time_ns())
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    def slowly() -> "httpx.Client":
        time.sleep(BUILD_S)
        return build()

    monkeypatch.setattr(client, "_client", slowly)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        before = time.time_ns()
        call = canary.call(f"http://127.0.0.1:{running.server_address[1]}")
        running.shutdown()
    assert call.start_ns <= came[0] <= call.end_ns
    assert call.start_ns >= before + BUILD_S * 1e9


def test_a_sampler_by_trace_id_keeps_every_canary() -> None:
    from opentelemetry.sdk.trace.sampling import Decision, TraceIdRatioBased

    from labctl.switches.trace_id_sampling import keeps, threshold

    sampler = TraceIdRatioBased(0.004)
    ids = {canary._trace_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(keeps(one, threshold(0.001)) for one in ids)
    assert all(sampler.should_sample(None, int(one, 16), "POST").decision is Decision.RECORD_AND_SAMPLE for one in ids)


def test_the_collector_says_what_waits_apart_from_what_it_gave_up(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        'otelcol_receiver_accepted_spans{transport="grpc"} 10\n'
        'otelcol_exporter_sent_spans{exporter="otlp_http/viewer"} 4\notelcol_exporter_sent_spans{exporter="debug"} 10\n'
        'otelcol_exporter_queue_size{data_type="traces",exporter="otlp_http/viewer"} 2\n'
        'otelcol_exporter_queue_size{data_type="logs",exporter="otlp_http/viewer"} 9\n'
    )
    monkeypatch.setattr(canary, "get", lambda url: client.Answer(url, 200, text.encode(), 0.0, 0))
    seen = canary._collector_says(Endpoints({"collector_metrics": "http://c"}))
    assert seen == "of the collector's spans 10 accepted, 4 sent, 2 batches waiting to be sent"
