"""Requests of load runs in a store, with spans of chosen times."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from labctl.load.plan import trace_ids
from labctl.telemetry.otlp.decode import decode
from labctl.telemetry.store.store import Store
from tests.page.telemetry import pair

MS, BEGIN_MS = 10**6, 1_700_000_000_000


@dataclass(frozen=True)
class MadeSpan:
    service: str
    name: str
    above: int | None                   # place of the parent in the list
    begin_ms: float
    length_ms: float
    error: bool = False


Send = Callable[[bytes, int, Sequence[MadeSpan]], None]


@pytest.fixture
def send(store: Store) -> Send:
    """One trace: its id, when it begins, its spans."""
    def sent(trace: bytes, begin_ms: int, spans: Sequence[MadeSpan]) -> None:
        request = ExportTraceServiceRequest()
        for place, span in enumerate(spans):
            group = request.resource_spans.add()
            group.resource.attributes.append(pair("service.name", span.service))
            start = begin_ms * MS + int(span.begin_ms * MS)
            made = group.scope_spans.add().spans.add(
                trace_id=trace, span_id=trace[-6:] + place.to_bytes(2, "big"), name=span.name, kind=1, start_time_unix_nano=start,
                parent_span_id=b"" if span.above is None else trace[-6:] + span.above.to_bytes(2, "big"),
                end_time_unix_nano=start + int(span.length_ms * MS),
            )
            made.status.code = Status.STATUS_CODE_ERROR if span.error else Status.STATUS_CODE_UNSET
        store.put(lambda: decode("traces", request.SerializeToString())).result(10)

    return sent


def request_of(run_id: str, index: int) -> bytes:
    return bytes.fromhex(trace_ids.trace_id(run_id, index))


def prediction(inference_ms: float, response_ms: float, *, error: bool = False) -> list[MadeSpan]:
    """Spans that do not overlap."""
    whole = inference_ms + response_ms
    return [
        MadeSpan("labctl", "POST /predict", None, 0, whole + 4, error), MadeSpan("service", "POST /predict", 0, 1, whole + 2),
        MadeSpan("service", "model_inference", 1, 2, inference_ms),
        MadeSpan("service", "format_response", 1, 2 + inference_ms, response_ms),
    ]
