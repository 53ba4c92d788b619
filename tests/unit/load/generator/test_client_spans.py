"""Client spans, read back with OpenTelemetry's own decoder."""

from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from labctl.load.generator.client_spans import Envelope, SpanEncoder
from labctl.load.plan.address import parse
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.plan.trace_ids import ids, trace_id

RUN = "00112233445566aa"
URL = "http://127.0.0.1:9002/predict"


def decoded(*outcomes: Any) -> Any:
    encoder = SpanEncoder(LoadPlan(URL, run_id=RUN), parse(URL))
    encoder.start = 10.0
    spans = [encoder.span(n + 1, 10.0 + n, 10.25 + n, 10.5 + n, outcome) for n, outcome in enumerate(outcomes)]
    return ExportTraceServiceRequest.FromString(Envelope().request(spans)).resource_spans[0]


def values(attributes: Any) -> Any:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


def test_a_span_says_what_was_sent_when_and_how_it_ended() -> None:
    found = decoded(200)
    span = found.scope_spans[0].spans[0]
    assert (span.name, span.kind, span.status.code, span.parent_span_id) == ("POST", 3, 0, b"")
    assert span.trace_id.hex() == trace_id(RUN, 1)
    assert span.span_id == ids(1)[8:]
    assert span.end_time_unix_nano - span.start_time_unix_nano == 250_000_000
    assert values(span.attributes) == {
        "http.request.method": "POST", "url.full": URL, "server.address": "127.0.0.1", "server.port": 9002,
        "http.response.status_code": 200, "labctl.due_offset_ms": 0.0, "labctl.wait_ms": 250.0,
    }
    resource = values(found.resource.attributes)
    assert resource["service.name"] == "labctl"
    assert len(resource["service.instance.id"]) == 32
    assert found.scope_spans[0].scope.name == "labctl.load"


def test_failures_have_an_error_status_and_type() -> None:
    spans = decoded(500, 404, 302, "connection refused").scope_spans[0].spans
    assert [span.status.code for span in spans] == [2, 2, 0, 2]
    attributes = [values(span.attributes) for span in spans]
    assert [one.get("error.type") for one in attributes] == ["500", "404", None, "connection_refused"]
    assert [one.get("http.response.status_code") for one in attributes] == [500, 404, 302, None]
    assert [one["labctl.due_offset_ms"] for one in attributes] == [0.0, 1000.0, 2000.0, 3000.0]
