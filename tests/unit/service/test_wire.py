"""The encoding by hand says what the SDK's own encoder says, for the same spans."""

import logging
from collections.abc import Sequence
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags, TraceState

from service.distro import wire
from service.distro.logwire import Entry, OtlpHandler, logs
from service.distro.outbox import Limits, Outbox

RESOURCE = Resource({"service.name": "test", "list": ("a", "b")})
VALUES = st.one_of(st.text(), st.booleans(), st.integers(-2**63, 2**63 - 1), st.floats(allow_nan=False),
                   st.lists(st.integers(-9, 9), max_size=3))


class Kept(SpanProcessor):
    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


@pytest.fixture
def kept() -> Kept:
    return Kept()


def tracer(kept: Kept) -> trace.Tracer:
    provider = TracerProvider(resource=RESOURCE, shutdown_on_exit=False)
    provider.add_span_processor(kept)
    return provider.get_tracer("scope", "1.0", "https://example.org/schema")


def same(spans: Sequence[ReadableSpan]) -> None:
    ours = ExportTraceServiceRequest.FromString(wire.spans(spans, wire.resource_of(RESOURCE)))
    assert ours == encode_spans(spans)


def test_spans_of_every_kind_and_parent(kept: Kept) -> None:
    maker = tracer(kept)
    state = TraceState([("vendor", "value")])
    remote = SpanContext(2**127 + 5, 2**63 + 7, is_remote=True, trace_flags=TraceFlags(1), trace_state=state)
    with trace.use_span(NonRecordingSpan(remote)):
        for kind in SpanKind:
            with maker.start_as_current_span(kind.name, kind=kind):
                maker.start_span("child").end()
    maker.start_span("root").end()
    same(kept.spans)


def test_a_span_with_everything_that_is_rare(kept: Kept) -> None:
    other = SpanContext(1, 2, is_remote=False)
    with pytest.raises(ValueError, match="no"), tracer(kept).start_as_current_span(  # noqa: PT012  the span is the subject
            "failed", links=[Link(other, {"why": "test"})]) as span:
        span.add_event("event", {"number": 1})
        raise ValueError("no")
    with tracer(kept).start_as_current_span("fine") as span:
        span.set_status(StatusCode.OK)
    same(kept.spans)


@given(st.dictionaries(st.text(min_size=1), VALUES, max_size=6))
def test_any_attributes(attributes: dict[str, object]) -> None:
    kept = Kept()
    for _ in range(2):               # the second time from what was kept of the first
        tracer(kept).start_span("span", attributes=attributes).end()
    same(kept.spans)


def test_one_and_true_are_not_confused(kept: Kept) -> None:
    for value in (True, 1, 1.0, "1"):
        tracer(kept).start_span("span", attributes={"value": value}).end()
    same(kept.spans)


def test_what_is_kept_is_bounded() -> None:
    for number in range(wire.KEPT * 2):
        wire.attributes(9, {"path": f"/{number}"})
    assert len(wire._pairs) <= wire.KEPT


def test_a_log_record_carries_fields_exception_and_span() -> None:
    sent: list[Entry] = []
    ended = Event()
    outbox = Outbox[Entry]("test", Limits(10, 10, 0.001), lambda batch: sent.extend(batch) is None)
    logger = logging.Logger("named")  # noqa: LOG001  one that leaves nothing behind
    logger.addHandler(OtlpHandler(outbox, ended.set))
    context = SpanContext(5, 6, is_remote=False, trace_flags=TraceFlags(1))
    with trace.use_span(NonRecordingSpan(context)):
        try:
            raise KeyError("gone")
        except KeyError:
            logger.exception("it is %s", "bad", extra={"fields": {"size": 3, "ms": 1.5}})
    logger.handlers[0].flush()
    assert ended.is_set()
    scope = ExportLogsServiceRequest.FromString(logs(sent, wire.resource_of(RESOURCE))).resource_logs[0].scope_logs[0]
    record = scope.log_records[0]
    found = {pair.key: pair.value for pair in record.attributes}
    assert (scope.scope.name, record.body.string_value, record.severity_text) == ("named", "it is bad", "ERROR")
    assert (int.from_bytes(record.trace_id), int.from_bytes(record.span_id), record.flags) == (5, 6, 1)
    assert (found["size"].int_value, found["ms"].double_value) == (3, 1.5)
    assert found["exception.type"].string_value == "KeyError"
    assert "Traceback" in found["exception.stacktrace"].string_value
