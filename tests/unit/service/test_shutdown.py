"""SIGTERM and an absent collector: what was answered arrives, what runs is finished, and the end is bounded."""

import json
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tests.unit.service.conftest import GOOD, Service, Sink, running, until

pytestmark = pytest.mark.slow

HEADERS = {"content-type": "application/json"}


def total(sink: Sink, name: str, **wanted: str) -> int:
    points = sink.metrics[name].sum.data_points
    return sum(point.as_int for point in points
               if {pair.key: pair.value.string_value for pair in point.attributes}.items() >= wanted.items())


def predict(service: Service, count: int) -> int:
    """Sends `count` requests on one connection; how many were answered with 200."""
    connection = HTTPConnection("127.0.0.1", service.port, timeout=60)
    answered = 0
    for _ in range(count):
        connection.request("POST", "/predict", GOOD, HEADERS)
        answer = connection.getresponse()
        answer.read()
        answered += answer.status == 200
    connection.close()
    return answered


def test_everything_answered_arrives_when_the_end_follows_at_once(tmp_path: Path) -> None:
    sink = Sink()
    sink.start()
    try:
        with running(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{sink.port}",
                     DEFAULT_LATENCY_MS="0") as service, ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(lambda _: predict(service, 500), range(4))) == 2000
            assert service.stop() == 0
        assert len(sink.spans) == 8000
        assert len({span.span_id for span in sink.spans}) == 8000
        assert total(sink, "http_requests_total") == total(sink, "predictions_total") == 2000
        assert sink.metrics["request_duration_ms"].histogram.data_points[0].count == 2000
        assert total(sink, "otel.sdk.processor.span.processed") == total(sink, "otel.sdk.exporter.span.exported") == 8000
        assert len([record for record in sink.logs if record.trace_id]) == 2000
    finally:
        sink.stop()


def test_a_collector_that_goes_away_costs_nothing_and_is_mentioned(tmp_path: Path) -> None:
    sink = Sink()
    sink.start()
    with running(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{sink.port}") as service:
        assert predict(service, 20) == 20
        until(lambda: len(sink.spans) == 80)
        sink.stop()
        assert predict(service, 100) == 100
        until(lambda: mentions(service, f"Failed to export metrics to 127.0.0.1:{sink.port}"))
        assert "Connection refused" in mentions(service, "Failed to export metrics")[0]["message"]
        assert predict(service, 100) == 100
        sink.start()
        until(lambda: len({span.span_id for span in sink.spans}) == 880)
        assert service.stop() == 0
    sink.stop()


def mentions(service: Service, text: str) -> list[dict[str, Any]]:
    return [line for line in service.lines() if text in line["message"]]


def test_the_end_is_bounded_when_the_collector_takes_connections_and_never_answers(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        with running(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{port}", FLUSH_TIMEOUT_MS="300") as service:
            assert predict(service, 3) == 3
            assert service.stop() == 0
            assert_it_says_what_is_lost(service)


def test_the_end_is_bounded_where_nobody_listens(tmp_path: Path) -> None:
    with running(tmp_path, FLUSH_TIMEOUT_MS="300") as service:
        assert predict(service, 3) == 3
        assert service.stop() == 0
        assert_it_says_what_is_lost(service)


def assert_it_says_what_is_lost(service: Service) -> None:
    lines = [json.loads(line) for line in service.log.read_text().splitlines()]
    assert not [line for line in lines if "hutdown called" in line["message"] or "only be called once" in line["message"]]
    assert [line for line in lines if "not flushed within FLUSH_TIMEOUT_MS, 300 ms" in line["message"]]


def test_what_runs_is_finished_and_ready_says_no(tmp_path: Path) -> None:
    with running(tmp_path, DEFAULT_LATENCY_MS="700", LATENCY_JITTER="0", DRAIN_MS="600",
                 FLUSH_TIMEOUT_MS="0") as service, ThreadPoolExecutor(1) as pool:
        running_request = pool.submit(service.post)
        # the request has begun when the service has counted it: a second connection sees it through the socket's accept
        until(lambda: service.ask("GET", "/ready")[0] == 200)
        service.process.send_signal(signal.SIGTERM)
        status, answer, headers = until(lambda: refused(service))
        assert (status, answer) == (503, {"status": "draining"})
        assert headers["connection"] == "close"
        assert running_request.result()[0] == 200
        assert service.process.wait(60) == 0


def refused(service: Service) -> tuple[int, dict[str, Any], dict[str, str]] | None:
    answer = service.ask("GET", "/ready")
    return answer if answer[0] == 503 else None


def test_a_slow_span_is_that_step_of_every_request(tmp_path: Path) -> None:
    sink = Sink()
    sink.start()
    with running(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{sink.port}", DEFAULT_LATENCY_MS="0",
                 SLOW_SPAN="format_response:100%:80ms") as service:
        service.post()
        assert service.stop() == 0
    sink.stop()
    took = {span.name: (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6 for span in sink.spans}
    assert took["format_response"] >= 75               # a timer may fire a little early
    assert took["POST /predict"] >= took["format_response"]


def test_a_failing_span_is_an_error_of_that_step_and_of_its_request(tmp_path: Path) -> None:
    sink = Sink()
    sink.start()
    with running(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{sink.port}", DEFAULT_LATENCY_MS="0",
                 FAILING_SPAN="model_inference:100%") as service:
        status, answer, headers = service.post()
        assert service.stop() == 0
    sink.stop()
    assert (status, answer["detail"]) == (500, "the step model_inference failed")
    assert headers["content-type"] == "application/problem+json"
    failed = {span.name for span in sink.spans if span.status.code == Status.STATUS_CODE_ERROR}
    assert failed == {"POST /predict", "model_inference"}
    assert "format_response" not in {span.name for span in sink.spans}


@pytest.mark.parametrize(("name", "value"), [
    ("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none"), ("OTEL_TRACES_SAMPLER", "always_off")])
def test_with_tracing_off_it_serves_and_says_so(tmp_path: Path, name: str, value: str) -> None:
    with running(tmp_path, FLUSH_TIMEOUT_MS="0", **{name: value}) as service:
        status, answer, _ = service.post()
        assert (status, answer["prediction"]) == (200, 4.0)
        assert service.ask("GET", "/health")[1]["tracing_enabled"] is False
        assert "Tracing enabled: false" in json.dumps(service.lines())
        assert service.stop() == 0
