"""What the page is shown in its tests: requests of a lab, and telemetry that means harm."""

import json
import random
import time
from collections.abc import Callable
from typing import Any, Final

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

SCRIPTS: Final = (
    "<script>globalThis.harmed=1</script>", "<img src=x onerror=globalThis.harmed=1>", "javascript:globalThis.harmed=1",
    "\"'><svg onload=globalThis.harmed=1>", "{{constructor.constructor('globalThis.harmed=1')()}}", "\u202egnp.exe\u0000\ufffd",
    "__proto__", "constructor", "",
)
MS: Final = 10**6
DEEP: Final = 5000
RUNS: Final = ("a1" * 8, "b2" * 8)      # two load runs; every request of the second takes 15 ms longer in format_response


def pair(key: str, value: str | int) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(int_value=value) if isinstance(value, int) else AnyValue(string_value=value))


def lab(count: int, seconds: float, seed: int = 1) -> tuple[bytes, bytes, dict[str, int]]:
    """Traces and logs of `count` requests over the last `seconds`, 2 % of them slow in format_response where a feature is large.

    Third: duration in ns of each request, by trace id.
    """
    chance, now = random.Random(seed), time.time_ns()
    traces, logs, durations = ExportTraceServiceRequest(), ExportLogsServiceRequest(), dict[str, int]()
    client, service = (_spans(traces, name) for name in ("labctl", "ai-inference-service"))
    group = logs.resource_logs.add()
    group.resource.attributes.append(pair("service.name", "ai-inference-service"))
    records = group.scope_logs.add().log_records
    for number in range(count):
        trace, ids = chance.randbytes(16), [chance.randbytes(8) for _ in range(4)]
        slow = number % 50 == 25
        start = now - int((count - number) / count * seconds * 1e9) - 2 * 10**9
        infer, form = int(chance.lognormvariate(0, 0.2) * 100 * MS), (400 if slow else 10) * MS
        durations[trace.hex()] = infer + form + 4 * MS
        size = pair("feature.size", 900 if slow else chance.randrange(100))
        root = client.add(trace_id=trace, span_id=ids[0], name="POST /predict", kind=3, start_time_unix_nano=start,
                          end_time_unix_nano=start + infer + form + 4 * MS)
        root.status.code = 2 if number % 97 == 96 else 0
        parts = (
            ("POST /predict", ids[0], 2, 1, infer + form + 2), ("model_inference", ids[1], 1, 1, infer),
            ("format_response", ids[1], 1, infer + 1, form),
        )
        for place, (name, parent, kind, after, took) in enumerate(parts, 1):
            service.add(trace_id=trace, span_id=ids[place], parent_span_id=parent, name=name, kind=kind, attributes=[size],
                        start_time_unix_nano=start + after + MS, end_time_unix_nano=start + after + MS + took)
        records.add(time_unix_nano=start + infer, severity_text="INFO", trace_id=trace, span_id=ids[2],
                    body=AnyValue(string_value=f"request {number} answered"))
        if slow:
            records.add(time_unix_nano=start + infer, severity_text="WARN", trace_id=trace, span_id=ids[3],
                        body=AnyValue(string_value=f"request {number} has a large feature"))
    return traces.SerializeToString(), logs.SerializeToString(), durations


def usual(chance: random.Random, place: int, number: int) -> tuple[int, int]:
    return chance.randrange(90, 110) * MS, (10 + 15 * place) * MS


def few_slow(chance: random.Random, place: int, number: int) -> tuple[int, int]:
    """On a noisy machine: 2 % of the first run take 420 ms longer in format_response, and model_inference differs even more."""
    moment, stalled = number // 50 * 7919 % 11, chance.random() < 0.05
    infer, form = 100 + 20 * moment - 40 * place * (moment % 2) + 500 * stalled, 430 if not place and number % 50 == 25 else 10
    return infer * MS, form * MS


def runs(count: int = 300, lost: Callable[[int, int], bool] = lambda place, number: False,
         times: Callable[[random.Random, int, int], tuple[int, int]] = usual) -> bytes:
    """The requests of RUNS, one run after the other, two hours ago; of those that are lost only the client's span is there.

    What model_inference and format_response take says `times`.
    """
    chance, now, request = random.Random(3), time.time_ns() - 7200 * 10**9, ExportTraceServiceRequest()
    client, service = (_spans(request, name) for name in ("labctl", "ai-inference-service"))
    for place, prefix in enumerate(map(bytes.fromhex, RUNS)):
        for number in range(count):
            trace, ids = prefix + chance.randbytes(8), [chance.randbytes(8) for _ in range(4)]
            start, (infer, form) = now + (place * 60 + number * 0.1) * 10**9, times(chance, place, number)
            parts = (
                ("POST /predict", b"", 3, 0, infer + form + 4 * MS), ("POST /predict", ids[0], 2, MS, infer + form + 2 * MS),
                ("model_inference", ids[1], 1, 2 * MS, infer), ("format_response", ids[1], 1, 2 * MS + infer, form),
            )
            for at, (name, parent, kind, after, took) in enumerate(parts[:1] if lost(place, number) else parts):
                (service if at else client).add(
                    trace_id=trace, span_id=ids[at], parent_span_id=parent, name=name, kind=kind,
                    start_time_unix_nano=int(start) + after, end_time_unix_nano=int(start) + after + took)
    return request.SerializeToString()


def _spans(request: ExportTraceServiceRequest, service: str) -> Any:
    group = request.resource_spans.add()
    group.resource.attributes.append(pair("service.name", service))
    return group.scope_spans.add().spans


def hostile() -> tuple[list[bytes], dict[str, str]]:
    """Requests, and the trace ids by what each of them is."""
    now, requests, ids = time.time_ns() - 5 * 10**9, [], {}
    for number, text in enumerate(SCRIPTS):
        request = ExportTraceServiceRequest()
        trace = bytes([0xA0 + number] * 16)
        span = _spans(request, text).add(trace_id=trace, span_id=trace[:8], name=text, kind=99, start_time_unix_nano=now,
                                         end_time_unix_nano=now + 50 * MS)
        span.attributes.extend([pair(text, text), pair("href", text), pair("huge", "x" * (3 << 20) if number == 0 else text)])
        span.status.message, span.status.code = text, 2
        span.events.add(name=text, time_unix_nano=now).attributes.append(pair(text, text))
        span.links.add(trace_id=trace, span_id=trace[:8])
        requests.append(request.SerializeToString())
        ids[f"script {number}"] = trace.hex()
    broken: tuple[tuple[str, Callable[[int], int]], ...] = (
        ("deep", lambda at: at - 1), ("circle", lambda at: (at or DEEP) - 1), ("orphans", lambda at: at + 10**6),
    )
    for name, parents in broken:
        request, trace = ExportTraceServiceRequest(), name.encode().ljust(16, b"-")
        spans = _spans(request, name)
        for at in range(DEEP):
            above = parents(at)
            spans.add(trace_id=trace, span_id=(at + 1).to_bytes(8, "big"), name=f"{name} {at}", start_time_unix_nano=now + at,
                      parent_span_id=(above + 1).to_bytes(8, "big") if above >= 0 else b"",
                      end_time_unix_nano=now + 100 * MS)
        requests.append(request.SerializeToString())
        ids[name] = trace.hex()
    return requests, ids


def hostile_metrics_and_logs() -> tuple[bytes, bytes]:
    now, metrics, logs = time.time_ns() - 10**9, ExportMetricsServiceRequest(), ExportLogsServiceRequest()
    for number, text in enumerate(SCRIPTS):
        group, records = metrics.resource_metrics.add(), logs.resource_logs.add()
        for resource in (group.resource, records.resource):
            resource.attributes.append(pair("service.name", text))
        metric = group.scope_metrics.add().metrics.add(name=text or "none", unit=text)
        metric.gauge.data_points.add(as_double=number, time_unix_nano=now).attributes.append(pair(text, text))
        record = records.scope_logs.add().log_records.add(time_unix_nano=now, severity_text=text)
        record.trace_id = bytes([0xA0 + number] * 16)
        record.body.string_value = text if number else text + "x" * (1 << 19)
    return metrics.SerializeToString(), logs.SerializeToString()


def hostile_annotations() -> bytes:
    """Of each kind, with data of every shape but the right one."""
    names = ("run_id", "planned", "sent", "answered", "failed", "thresholds", "summary", "slo", "ledger", "remarks", "components",
             "findings")
    shapes: tuple[Any, ...] = (None, True, -1, 1e308, SCRIPTS[0], [], {}, [None, 1, SCRIPTS[1]], {"p50": [1], "__proto__": {}})
    now = time.time()
    return json.dumps([
        {"kind": kind, "key": f"{place}", "begin": now - 60, "end": None if place % 2 else now, "title": SCRIPTS[place % 4],
         "data": dict.fromkeys(names, shape)}
        for kind in ("run", "fault", "rollout", "findings") for place, shape in enumerate(shapes)
    ]).encode()
