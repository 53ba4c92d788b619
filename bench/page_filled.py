"""A store for measurements of the page: requests of the last minutes, two spans each, and one trace of very many spans."""

import random
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from labctl.telemetry.otlp.decode import decode
from labctl.telemetry.store.retention import RetentionLimits
from labctl.telemetry.store.store import Store

MS, EACH, MOST = 10**6, 1000, 20_000
RUN, LARGE = bytes.fromhex("18df58ce01020304"), bytes.fromhex("ab" * 16)
SERVICES, NAMES = ("labctl", "ai-inference-service"), ("POST /predict", "model_inference", "format_response", "validate")


def pair(key: str, value: str | int) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(int_value=value) if isinstance(value, int) else AnyValue(string_value=value))


COMMON = (pair("http.request.method", "POST"), pair("url.full", "http://127.0.0.1:9002/predict"),
          pair("http.response.status_code", 200))


def fill(path: Path, requests: int, seconds: float, large: int = 0) -> None:
    """Spans of `requests` requests, evenly over the last `seconds`; and a trace of `large` spans, where wanted."""
    store, waiting = Store(path, RetentionLimits(8 << 30, 86400)), list[Any]()
    for body in chain(one_trace(large, seconds), bodies(requests, seconds)):
        waiting.append(store.put(lambda body=body: decode("traces", body)))     # type: ignore[misc]
        if len(waiting) > 20:
            waiting.pop(0).result()
    for one in waiting:
        one.result()
    store.close()


def bodies(requests: int, seconds: float, seed: int = 1) -> Iterator[bytes]:
    """One in 97 failed."""
    chance, now = random.Random(seed), time.time_ns()
    for first in range(0, requests, EACH):
        request = ExportTraceServiceRequest()
        client, service = (_spans(request, name) for name in SERVICES)
        for number in range(first, min(first + EACH, requests)):
            begin, took = now - int((requests - number) / requests * seconds * 1e9), int(chance.lognormvariate(0, 0.3) * 100 * MS)
            trace, root, child = RUN + chance.randbytes(8), chance.randbytes(8), chance.randbytes(8)
            span = client.add(trace_id=trace, span_id=root, name=NAMES[0], kind=3, start_time_unix_nano=begin,
                              end_time_unix_nano=begin + took, attributes=COMMON)
            span.status.code = 2 if number % 97 == 96 else 0
            service.add(trace_id=trace, span_id=child, parent_span_id=root, name=NAMES[0], kind=2,
                        start_time_unix_nano=begin + MS, end_time_unix_nano=begin + took - MS,
                        attributes=(*COMMON, pair("feature.size", number % 100)))
        yield request.SerializeToString()


def one_trace(count: int, ago_s: float) -> Iterator[bytes]:
    """Each span has up to four children, within it."""
    begin, chance = time.time_ns() - int(ago_s * 1e9), random.Random(2)
    times = [(begin, begin + 9 * 10**9)]
    for first in range(0, count, MOST):
        request = ExportTraceServiceRequest()
        spans = _spans(request, SERVICES[1])
        for number in range(first, min(first + MOST, count)):
            above = (number - 1) // 4
            if number:
                low, high = times[above]
                place = low + (high - low) * ((number - 1) % 4) // 4
                times.append((place, place + max((high - low) // 5, 1000)))
            spans.add(
                trace_id=LARGE, span_id=(number + 1).to_bytes(8, "big"), name=NAMES[chance.randrange(4)], kind=1,
                parent_span_id=(above + 1).to_bytes(8, "big") if number else b"", start_time_unix_nano=times[number][0],
                end_time_unix_nano=times[number][1], attributes=COMMON,
            )
        yield request.SerializeToString()


def _spans(request: ExportTraceServiceRequest, service: str) -> Any:
    group = request.resource_spans.add()
    group.resource.attributes.append(pair("service.name", service))
    return group.scope_spans.add().spans
