"""What arrives at a real receiver for one request: four spans, six metrics, one log record, all of one trace."""

import json
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.unit.service.conftest import PARENT_ID, Service, Sink, until

STEPS = ["validate_input", "model_inference", "format_response"]
METRICS = {
    "http_requests_total": "{request}", "predictions_total": "{prediction}", "errors_total": "{error}",
    "prediction_latency_ms": "ms", "request_duration_ms": "ms", "active_requests": "{request}",
}


def traceparent(trace_id: str) -> dict[str, Any]:
    return {"traceparent": f"00-{trace_id}-{PARENT_ID}-01"}


def attributes(item: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in item.attributes}


def spans_of(sink: Sink, trace_id: str, count: int) -> dict[str, Any]:
    until(lambda: len(sink.trace(trace_id)) >= count)
    found = sink.trace(trace_id)
    assert len(found) == count
    return {span.name: span for span in found}


def test_a_prediction_is_four_spans_under_the_callers(service: Service, sink: Sink) -> None:
    trace_id = "1" * 32
    status, answer, _ = service.post(**traceparent(trace_id))
    assert status == 200
    assert answer["prediction"] == 4.0
    assert answer["model_name"] == "simple-linear-demo"
    assert answer["latency_ms"] > 0
    assert answer["trace_id"] == trace_id
    spans = spans_of(sink, trace_id, 4)
    server = spans["POST /predict"]
    assert server.kind == Span.SPAN_KIND_SERVER
    assert server.parent_span_id.hex() == PARENT_ID
    assert server.status.code == Status.STATUS_CODE_UNSET
    assert [spans[name].parent_span_id for name in STEPS] == [server.span_id] * 3
    assert [spans[name].kind for name in STEPS] == [Span.SPAN_KIND_INTERNAL] * 3
    starts = [server.start_time_unix_nano, *(spans[name].start_time_unix_nano for name in STEPS)]
    assert starts == sorted(starts)
    assert server.end_time_unix_nano >= spans["format_response"].end_time_unix_nano


def test_the_server_span_has_the_stable_http_attributes(service: Service, sink: Sink) -> None:
    trace_id = "2" * 32
    service.post(**traceparent(trace_id))
    found = attributes(spans_of(sink, trace_id, 4)["POST /predict"])
    assert found.items() >= {
        "http.request.method": "POST", "http.route": "/predict", "http.response.status_code": 200, "url.scheme": "http",
        "url.path": "/predict", "server.address": "127.0.0.1", "server.port": service.port,
        "network.protocol.version": "1.1"}.items()
    assert not [name for name in found if name in {"http.method", "http.target", "http.status_code", "http.url"}]


def test_a_refused_input_has_its_error_on_the_step_that_found_it(service: Service, sink: Sink) -> None:
    trace_id = "3" * 32
    status, problem, _ = service.post(b'{"features":[]}', **traceparent(trace_id))
    assert (status, problem["trace_id"]) == (422, trace_id)
    spans = spans_of(sink, trace_id, 2)
    step, server = spans["validate_input"], spans["POST /predict"]
    assert step.status.code == Status.STATUS_CODE_ERROR
    assert attributes(step)["error.type"] == attributes(server)["error.type"] == "invalid_input"
    # https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status: a server span's 4xx is the client's mistake
    assert server.status.code == Status.STATUS_CODE_UNSET


def test_a_batch_answers_in_the_order_of_its_rows(service: Service, sink: Sink) -> None:
    trace_id = "4" * 32
    status, answer, _ = service.post(b'{"rows":[[1,2],[0.5],[-1]]}', "/predict/batch", **traceparent(trace_id))
    assert (status, answer["predictions"], answer["trace_id"]) == (200, [3.0, 0.5, -1.0], trace_id)
    spans = spans_of(sink, trace_id, 4)
    assert set(spans) == {"POST /predict/batch", *STEPS}
    assert attributes(spans["model_inference"]) == {"model.input.rows": 3, "model.input.max": 2.0}


def test_probes_are_answered_and_make_no_spans(service: Service, sink: Sink) -> None:
    probed, marker = "5" * 32, "6" * 32
    assert service.ask("GET", "/health", None, traceparent(probed))[:2] == (
        200, {"status": "ok", "env": "test", "tracing_enabled": True})
    assert service.ask("GET", "/ready", None, traceparent(probed))[0] == 200
    service.post(**traceparent(marker))
    spans_of(sink, marker, 4)
    assert sink.trace(probed) == []


def test_a_trace_that_is_not_sampled_is_not_sent(service: Service, sink: Sink) -> None:
    quiet, marker = "7" * 32, "8" * 32
    status, answer, _ = service.post(traceparent=f"00-{quiet}-{PARENT_ID}-00")
    assert (status, answer["trace_id"]) == (200, quiet)
    service.post(**traceparent(marker))
    spans_of(sink, marker, 4)
    assert sink.trace(quiet) == []


def test_the_resource_says_who_sent_it(service: Service, sink: Sink) -> None:
    trace_id = "9" * 32
    service.post(**traceparent(trace_id))
    spans_of(sink, trace_id, 4)
    assert sink.resource.items() >= {"service.name": "ai-inference-service", "deployment.environment.name": "test"}.items()
    assert {"service.version", "service.instance.id", "telemetry.sdk.name"} <= sink.resource.keys()


def test_six_metrics_with_units_bounds_and_exemplars(service: Service, sink: Sink) -> None:
    service.post()
    service.post(b"no")
    until(lambda: sink.metrics.keys() >= METRICS.keys() and all(
        sink.exemplars[name] for name in METRICS.keys() - {"active_requests"}))
    assert {name: sink.metrics[name].unit for name in METRICS} == METRICS
    assert not sink.metrics["active_requests"].sum.is_monotonic
    until(lambda: [point.as_int for point in sink.metrics["active_requests"].sum.data_points] == [0])
    for name in ("prediction_latency_ms", "request_duration_ms"):
        bounds = list(sink.metrics[name].histogram.data_points[0].explicit_bounds)
        assert (bounds[0], bounds[-1]) == (1, 10_000)


def test_requests_are_counted_by_route_and_status_and_probes_are_not(service: Service, sink: Sink) -> None:
    def counts() -> dict[tuple[str, int], int]:
        points = sink.metrics["http_requests_total"].sum.data_points if "http_requests_total" in sink.metrics else []
        return {(found["http.route"], found["http.response.status_code"]): point.as_int
                for point in points for found in [attributes(point)]}

    service.post()
    until(lambda: counts().get(("/predict", 200)))
    before = counts().get(("/predict", 415), 0)
    service.ask("GET", "/health")
    service.post(**{"content-type": "text/plain"})  # type: ignore[arg-type]
    until(lambda: counts().get(("/predict", 415)) == before + 1)
    assert {route for route, _ in counts()} <= {"/predict", "/predict/batch"}


def test_every_prediction_is_one_json_line_and_one_log_record(service: Service, sink: Sink) -> None:
    trace_id = "a" * 32
    service.post(**traceparent(trace_id))
    server = spans_of(sink, trace_id, 4)["POST /predict"]
    lines = [line for line in service.lines() if line.get("trace_id") == trace_id]
    assert [line["span_id"] for line in lines] == [server.span_id.hex()]
    assert lines[0].keys() >= {"timestamp", "level", "logger", "message", "latency_ms"}
    assert lines[0]["http.response.status_code"] == 200
    record = until(lambda: [found for found in list(sink.logs) if found.trace_id.hex() == trace_id])[0]
    assert (record.span_id, record.severity_text) == (server.span_id, "INFO")
    assert attributes(record)["latency_ms"] == pytest.approx(lines[0]["latency_ms"])


def test_it_says_at_the_start_where_telemetry_goes(service: Service, sink: Sink) -> None:
    messages = [line["message"] for line in service.lines()]
    start = messages.index("OpenTelemetry initialized")
    assert messages[start:start + 3] == [
        "OpenTelemetry initialized", f"Exporting to: http://127.0.0.1:{sink.port}", "Tracing enabled: true"]
    assert json.dumps(messages).count("OpenTelemetry initialized") == 1


def test_the_description_lists_every_route(service: Service) -> None:
    status, schema, _ = service.ask("GET", "/openapi.json")
    assert status == 200
    assert {path: set(item) for path, item in schema["paths"].items()} == {
        "/predict": {"post"}, "/predict/batch": {"post"}, "/health": {"get"}, "/ready": {"get"}}
