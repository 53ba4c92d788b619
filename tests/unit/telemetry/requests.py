"""OTLP requests for tests, made with the published protobuf classes."""

import time

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_CUMULATIVE
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Status

NOW = time.time_ns()


def resource(service: str = "svc", instance: str = "1") -> Resource:
    named = {"service.name": service, "service.instance.id": instance}
    return Resource(attributes=[KeyValue(key=k, value=AnyValue(string_value=v)) for k, v in named.items()])


def span_ids(number: int) -> tuple[bytes, bytes]:
    return number.to_bytes(16, "big"), (number % (1 << 64)).to_bytes(8, "big")


def traces(count: int = 1, first: int = 1, service: str = "svc", start: int = NOW, duration_ms: float = 5) -> bytes:
    """`count` traces of a root `GET` and one child `work`."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add(resource=resource(service))
    spans = group.scope_spans.add().spans
    for number in range(first, first + count):
        trace_id, span_id = span_ids(number)
        end = start + int(duration_ms * 1e6)
        root = spans.add(
            trace_id=trace_id, span_id=span_id, name="GET", kind=3, start_time_unix_nano=start, end_time_unix_nano=end,
        )
        root.attributes.add(key="n", value=AnyValue(int_value=number % (1 << 63)))
        child = spans.add(
            trace_id=trace_id, span_id=b"c" + span_id[1:], parent_span_id=span_id, name="work", kind=1,
            start_time_unix_nano=start + 1000, end_time_unix_nano=end,
        )
        child.status.code = Status.STATUS_CODE_ERROR
    return request.SerializeToString()


def span_of(trace_id: bytes, span_id: bytes) -> bytes:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.add(trace_id=trace_id, span_id=span_id)
    return request.SerializeToString()


def counter(value: float, instance: str = "1", start: int = NOW, at: int = NOW, name: str = "hits") -> bytes:
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add(resource=resource(instance=instance))
    metric = group.scope_metrics.add().metrics.add(name=name, unit="1")
    metric.sum.is_monotonic = True
    metric.sum.aggregation_temporality = AGGREGATION_TEMPORALITY_CUMULATIVE
    point = metric.sum.data_points.add(as_double=value, start_time_unix_nano=start, time_unix_nano=at)
    point.exemplars.add(as_double=1, time_unix_nano=at, trace_id=span_ids(7)[0], span_id=span_ids(7)[1])
    return request.SerializeToString()


def gauge(value: float, at: int = NOW) -> bytes:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add(resource=resource()).scope_metrics.add().metrics.add(name="level", unit="1")
    metric.gauge.data_points.add(as_double=value, start_time_unix_nano=NOW, time_unix_nano=at)
    return request.SerializeToString()


def gauges(count: int) -> bytes:
    """Of as many names."""
    request = ExportMetricsServiceRequest()
    listed = request.resource_metrics.add(resource=resource()).scope_metrics.add().metrics
    for number in range(count):
        listed.add(name=f"level_{number}").gauge.data_points.add(as_double=1, time_unix_nano=NOW)
    return request.SerializeToString()


def exponential_histogram(positive: list[int], negative: list[int], zeros: int) -> bytes:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add(resource=resource()).scope_metrics.add().metrics.add(name="exp", unit="ms")
    metric.exponential_histogram.aggregation_temporality = AGGREGATION_TEMPORALITY_CUMULATIVE
    point = metric.exponential_histogram.data_points.add(
        scale=0, zero_count=zeros, count=sum(positive) + sum(negative) + zeros, start_time_unix_nano=NOW, time_unix_nano=NOW,
    )
    for buckets, counts in ((point.positive, positive), (point.negative, negative)):
        buckets.offset = 1
        buckets.bucket_counts.extend(counts)
    return request.SerializeToString()


def summary(quantiles: dict[float, float]) -> bytes:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add(resource=resource()).scope_metrics.add().metrics.add(name="pause", unit="ms")
    point = metric.summary.data_points.add(count=3, sum=12, start_time_unix_nano=NOW, time_unix_nano=NOW)
    for quantile, value in quantiles.items():
        point.quantile_values.add(quantile=quantile, value=value)
    return request.SerializeToString()


def histogram(counts: list[int], instance: str = "1", at: int = NOW, start: int = NOW) -> bytes:
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add(resource=resource(instance=instance))
    metric = group.scope_metrics.add().metrics.add(name="took", unit="ms")
    metric.histogram.aggregation_temporality = AGGREGATION_TEMPORALITY_CUMULATIVE
    metric.histogram.data_points.add(
        count=sum(counts), sum=10.0 * sum(counts), min=1, max=99, bucket_counts=counts, explicit_bounds=[10, 20],
        start_time_unix_nano=start, time_unix_nano=at,
    )
    return request.SerializeToString()


def logs(text: str, number: int = 1, severity: str = "INFO") -> bytes:
    request = ExportLogsServiceRequest()
    trace_id, span_id = span_ids(number)
    request.resource_logs.add(resource=resource()).scope_logs.add().log_records.add(
        time_unix_nano=NOW, severity_text=severity, body=AnyValue(string_value=text), trace_id=trace_id, span_id=span_id,
    )
    return request.SerializeToString()
