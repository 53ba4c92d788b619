"""C12 (and C11, C14, C17, C19): one item that makes no sense is refused by itself, in every encoding and of every signal."""

import json
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tests.cases import otlp
from tests.viewer import JSON, Viewer


@pytest.mark.parametrize("kind", otlp.bad_spans())
def test_a_bad_span_costs_its_neighbours_nothing(shared_viewer: Viewer, kind: str) -> None:
    bad, good = otlp.bad_spans()[kind], otlp.span(otlp.trace_id(), otlp.span_id())
    answer = shared_viewer.send(otlp.request(bad, good))
    partial = ExportTraceServiceResponse.FromString(answer.body).partial_success
    assert (answer.status, partial.rejected_spans) == (200, 1)
    assert "1 of 2 spans refused" in partial.error_message
    assert len(shared_viewer.trace(otlp.trace_of(good))["spans"]) == 1
    over_grpc = shared_viewer.export(otlp.request(bad, good))
    assert ExportTraceServiceResponse.FromString(over_grpc).partial_success.rejected_spans == 1


@pytest.mark.parametrize("kind", otlp.bad_spans())
def test_a_request_of_which_nothing_makes_sense_is_not_to_be_sent_again(shared_viewer: Viewer, kind: str) -> None:
    body, before = otlp.request(otlp.bad_spans()[kind]), shared_viewer.counts()
    assert shared_viewer.send(body).status == 400
    with pytest.raises(grpc.RpcError) as error:
        shared_viewer.export(body)
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    after = shared_viewer.counts()
    assert after["spans"] == before["spans"]
    assert sum(after["refused"].values()) == sum(before["refused"].values()) + 2


def json_span(**fields: Any) -> dict[str, Any]:
    times = {"startTimeUnixNano": str(otlp.NOW), "endTimeUnixNano": str(otlp.NOW + 1)}
    return {"traceId": otlp.trace_id().hex(), "spanId": otlp.span_id().hex(), "name": "j", "kind": 2, **times, **fields}


@pytest.mark.parametrize("wrong", [
    {"traceId": ""}, {"traceId": "0" * 32}, {"traceId": "xyz"}, {"traceId": "ab cd"}, {"spanId": 7}, {"name": {"a": 1}},
    {"startTimeUnixNano": str(2**64 - 1)},
    {"startTimeUnixNano": str(2**64)}, {"startTimeUnixNano": "-1"}, {"startTimeUnixNano": 1e300},
    {"name": "\ud800"},
    {"attributes": 3}, {"attributes": [{"key": "k", "value": {"intValue": "x"}}]}, {"kind": "no such kind"}, {"kind": 2**40},
])
def test_a_bad_span_in_json(shared_viewer: Viewer, wrong: dict[str, Any]) -> None:
    good = json_span()
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [json_span(**wrong), good]}]}]}).encode()
    answer = shared_viewer.send(body, JSON)
    assert answer.status == 200
    refused = answer.json().get("partialSuccess", {}).get("rejectedSpans")
    assert refused == (None if "kind" in wrong else "1")        # an enum that it does not know is ignored by protobuf's JSON
    assert len(shared_viewer.trace(bytes.fromhex(good["traceId"]))["spans"]) == 1


def point(**fields: int | bytes) -> bytes:
    made = {"time": otlp.NOW, "start": otlp.NOW, "value": otlp.fixed64(4, 0)} | fields
    assert isinstance(made["time"], int)
    assert isinstance(made["start"], int)
    assert isinstance(made["value"], bytes)
    return otlp.fixed64(2, made["start"]) + otlp.fixed64(3, made["time"]) + made["value"]


@pytest.mark.parametrize("bad", [
    point(time=2**64 - 1), point(start=2**63), point(value=b""), b"\xff\xff", otlp.fixed64(3, 1)[:-2],
], ids=["late", "late start", "no value", "no message", "cut off"])
def test_a_bad_data_point(shared_viewer: Viewer, bad: bytes) -> None:
    before = shared_viewer.counts()
    metric = otlp.field(1, b"good") + otlp.field(5, otlp.field(1, point()) + otlp.field(1, bad))
    answer = shared_viewer.send(otlp.request(metric), signal_="metrics")
    assert answer.status == 200
    assert ExportTraceServiceResponse.FromString(answer.body).partial_success.rejected_spans == 1      # the same shape
    after = shared_viewer.counts()
    assert after["accepted"]["metrics.http"] == before["accepted"].get("metrics.http", 0) + 1
    assert after["refused"]["metrics.http"] == before["refused"].get("metrics.http", 0) + 1


@pytest.mark.parametrize("bad", [
    otlp.fixed64(1, 2**64 - 1), otlp.field(9, b"short"), otlp.field(10, b"short"), b"\xff\xff",
], ids=["late", "trace id", "span id", "no message"])
def test_a_bad_log_record(shared_viewer: Viewer, bad: bytes) -> None:
    good = otlp.fixed64(1, otlp.NOW) + otlp.field(5, otlp.text(b"hello"))
    answer = shared_viewer.send(otlp.request(good, bad), signal_="logs")
    assert answer.status == 200
    assert ExportTraceServiceResponse.FromString(answer.body).partial_success.rejected_spans == 1
    assert shared_viewer.counts()["log_records"] >= 1


def test_what_is_not_a_request_at_all_is_400(shared_viewer: Viewer) -> None:
    before = shared_viewer.counts()["spans"]
    for body in (b"\xff\xff", otlp.request(otlp.span(otlp.trace_id(), otlp.span_id()))[:-3], b"\x0a\x02\x12\xff"):
        assert shared_viewer.send(body).status == 400
    for json_body in (b"{", b"[]", b'"x"', b"[" * 100_000, b'{"resourceSpans": 3}', b'{"resourceSpans": [[]]}', b'{"a": NaN}'):
        assert shared_viewer.send(json_body, JSON).status == 400
    assert shared_viewer.counts()["spans"] == before
