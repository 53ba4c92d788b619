"""Metrics of every type over ten minutes, with a reset, a gap and exemplars; spans with events, links and JSON; log records."""

import json
import math
import time
from typing import Any, Final

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_CUMULATIVE
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tests.page.telemetry import MS, pair

S: Final = 10**9
EVERY_S, LENGTH_S = 10, 540
BOUNDS: Final = (5, 10, 25, 50, 100, 250, 500, 1000)
TRACE: Final = b"signals trace---"
PROMPT: Final = json.dumps({"messages": [{"role": "user", "content": "Why is the sky blue?\nBe brief."}], "temperature": 0.2})


def metrics(series: int = 3) -> bytes:
    """`requests` (counter, reset half-way), `queue.length` (gauge, with a gap), `took` and `size` (histograms)."""
    now, request = time.time_ns(), ExportMetricsServiceRequest()
    begin = now - LENGTH_S * S
    group = request.resource_metrics.add()
    group.resource.attributes.append(pair("service.name", "shop"))
    listed = group.scope_metrics.add().metrics
    counter, gauge = listed.add(name="requests", unit="{request}"), listed.add(name="queue.length", unit="1")
    took, size = listed.add(name="took", unit="ms"), listed.add(name="size", unit="By")
    counter.sum.is_monotonic = True
    for one in (counter.sum, took.histogram, size.exponential_histogram):
        one.aggregation_temporality = AGGREGATION_TEMPORALITY_CUMULATIVE
    for number in range(series):
        for place, at in enumerate(range(begin, now, EVERY_S * S), 1):
            reset = place > 30 and number == 0
            common: dict[str, Any] = {"time_unix_nano": at, "start_time_unix_nano": begin + 299 * S if reset else begin - S,
                                      "attributes": [pair("http.route", f"/r{number}")]}
            counter.sum.data_points.add(as_int=(place - 30 if reset else place) * 10 * (number + 1), **common)
            common["start_time_unix_nano"] = begin - S
            if not 20 < place < 30:
                gauge.gauge.data_points.add(as_double=5 + number + math.sin(place / 5), **common)
            counts = [0, place, 3 * place, 5 * place, place, number * place, 0, place // 10, 0]
            point = took.histogram.data_points.add(count=sum(counts), sum=40.0 * sum(counts), bucket_counts=counts,
                                                   explicit_bounds=BOUNDS, **common)
            if place % 5 == 0:
                point.exemplars.add(as_double=30 + 200 * (place % 3), time_unix_nano=at, trace_id=TRACE, span_id=b"s" * 8)
            powers = size.exponential_histogram.data_points.add(count=10 * place, sum=900.0 * place, scale=1, **common)
            powers.positive.offset = 4
            powers.positive.bucket_counts.extend([place] * 10)
    return request.SerializeToString()


def alike() -> bytes:
    """Of one name a counter and an up-down counter; and a counter with two series whose value is infinite."""
    now, request = time.time_ns(), ExportMetricsServiceRequest()
    group = request.resource_metrics.add()
    group.resource.attributes.append(pair("service.name", "shop"))
    listed = group.scope_metrics.add().metrics
    endless = (math.inf, math.inf)
    for name, monotonic, values in (("alike", True, (3.0, 4.0)), ("alike", False, (30.0,)), ("endless", True, endless)):
        added = listed.add(name=name, unit="1").sum
        added.is_monotonic, added.aggregation_temporality = monotonic, AGGREGATION_TEMPORALITY_CUMULATIVE
        for number, value in enumerate(values):
            added.data_points.add(as_double=value, time_unix_nano=now, start_time_unix_nano=now - S,
                                  attributes=[pair("n", number)])
    return request.SerializeToString()


def trace() -> bytes:
    """A server's span, with an event and a link, above its client's in time: the clocks differ; and an orphan."""
    now, request = time.time_ns() - 60 * S, ExportTraceServiceRequest()
    client, shop = (request.resource_spans.add() for _ in range(2))
    for group, name in ((client, "labctl"), (shop, "shop")):
        group.resource.attributes.extend([pair("service.name", name), pair("host.name", f"{name}-host")])
    root = client.scope_spans.add().spans.add(trace_id=TRACE, span_id=b"r" * 8, name="POST /buy", kind=3,
                                              start_time_unix_nano=now, end_time_unix_nano=now + 300 * MS)
    root.attributes.append(pair("http.request.method", "POST"))
    spans = shop.scope_spans.add().spans
    buy = spans.add(trace_id=TRACE, span_id=b"s" * 8, parent_span_id=b"r" * 8, name="buy", kind=2,
                    start_time_unix_nano=now - 2 * MS, end_time_unix_nano=now + 280 * MS)
    buy.attributes.extend([pair("gen_ai.prompt", PROMPT), pair("big", "x" * 20_000), pair("http.response.status_code", 503)])
    buy.status.message, buy.status.code = "no stock", Status.STATUS_CODE_ERROR
    buy.events.add(name="exception", time_unix_nano=now + 200 * MS).attributes.extend(
        [pair("exception.type", "OutOfStock"), pair("exception.stacktrace", "Traceback…\n  File shop.py\nOutOfStock")])
    buy.links.add(trace_id=TRACE, span_id=b"o" * 8)
    buy.links.add(trace_id=b"another trace---", span_id=b"o" * 8)
    spans.add(trace_id=TRACE, span_id=b"o" * 8, parent_span_id=b"gone----", name="orphan", kind=1,
              start_time_unix_nano=now + 250 * MS, end_time_unix_nano=now + 260 * MS)
    return request.SerializeToString()


def logs(count: int, service: str = "shop") -> bytes:
    """Of every severity, the newest last, one each 100 ms; each tenth of the trace."""
    now, request = time.time_ns(), ExportLogsServiceRequest()
    group = request.resource_logs.add()
    group.resource.attributes.extend([pair("service.name", service), pair("host.name", f"{service}-host")])
    records = group.scope_logs.add().log_records
    for number in range(count):
        severity, level = (9, "INFO") if number % 7 else (17, "ERROR")
        record = records.add(time_unix_nano=now - (count - number) * 100 * MS, severity_number=severity, severity_text=level,
                             body=AnyValue(string_value=f"record {number} of the {service}"))
        record.attributes.extend([pair("order", number), pair("code.function.name", "shop.buy")])
        if number % 10 == 0:
            record.trace_id, record.span_id = TRACE, b"s" * 8
    return request.SerializeToString()
