"""Puts the SDK together: spans and log records through outboxes that hold them, metrics once per interval.

The SDK's own counters cost three instrument calls a span, so the names it gives them are served here from plain integers.
"""

import logging
import os
from collections.abc import Callable, Iterable, Sequence

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, NoOpMeterProvider, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceFlags, TraceState
from opentelemetry.util.types import Attributes

from service import __version__
from service.distro import collector, logwire, wire
from service.distro.collector import Address, Collector
from service.distro.outbox import Limits, Outbox
from service.settings import Settings


def start(chosen: Settings) -> None:
    """Set the global providers. Nothing is sent, and nothing of it blocks, before there is something to send."""
    link = Collector(Address(
        chosen.otlp_endpoint, os.environ.get("OTEL_EXPORTER_OTLP_HEADERS", ""),
        os.environ.get("OTEL_EXPORTER_OTLP_COMPRESSION", ""), float(os.environ["OTEL_EXPORTER_OTLP_TIMEOUT"])))
    resource = Resource.create({
        "service.name": chosen.service_name, "service.version": __version__,
        "deployment.environment.name": chosen.app_env})
    head = wire.resource_of(resource)

    def end() -> None:
        link.close_within(chosen.flush_timeout_s)

    spans = Outbox[ReadableSpan]("spans", limits("BSP"),
                                 lambda batch: link.deliver(collector.TRACES, wire.spans(batch, head)))
    logs = Outbox[logwire.Entry]("logs", limits("BLRP"),
                                 lambda batch: link.deliver(collector.LOGS, logwire.logs(batch, head)))
    meters = MeterProvider([PeriodicExportingMetricReader(OneTry(link))], resource, shutdown_on_exit=False)
    metrics.set_meter_provider(meters)
    count(spans, "span")
    count(logs, "log")
    tracers = TracerProvider(resource=resource, shutdown_on_exit=False, meter_provider=NoOpMeterProvider())
    tracers.sampler = FollowParent(tracers.sampler)
    tracers.add_span_processor(Spans(spans, end))
    trace.set_tracer_provider(tracers)
    logging.getLogger().addHandler(logwire.OtlpHandler(logs, end))


def limits(kind: str) -> Limits:
    """From OTEL_BSP_… (spans) or OTEL_BLRP_… (log records), whose defaults the distro has set."""
    queue, batch, delay = (int(os.environ[f"OTEL_{kind}_{name}"])
                           for name in ("MAX_QUEUE_SIZE", "MAX_EXPORT_BATCH_SIZE", "SCHEDULE_DELAY"))
    return Limits(queue, batch, delay / 1000)


class Spans(SpanProcessor):
    """Ended spans into an outbox. `end` starts the clock for everything that is still to be sent."""

    def __init__(self, outbox: Outbox[ReadableSpan], end: Callable[[], None]) -> None:
        self._outbox = outbox
        self._end = end

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Nothing: a span counts when it has ended."""

    def on_end(self, span: ReadableSpan) -> None:
        if span.context is not None and span.context.trace_flags.sampled:
            self._outbox.put(span)

    def shutdown(self) -> None:
        self._end()
        self._outbox.shut_down()


class FollowParent(Sampler):
    """What a parent-based sampler decides for a sampled parent, at a third of its cost; all else is up to `other`.

    `other` is what OTEL_TRACES_SAMPLER names. A ratio that is not parent-based has to be asked for every span.
    """

    def __init__(self, other: Sampler) -> None:
        self._other = other
        self._parent_decides = isinstance(other, ParentBased)

    def should_sample(
        self, parent_context: Context | None, trace_id: int, name: str, kind: SpanKind | None = None,
        attributes: Attributes = None, links: Sequence[Link] | None = None, trace_state: TraceState | None = None,
    ) -> SamplingResult:
        parent = trace.get_current_span(parent_context).get_span_context()
        if self._parent_decides and parent.trace_flags & TraceFlags.SAMPLED and parent.trace_id == trace_id:
            return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes, parent.trace_state)
        return self._other.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)

    def get_description(self) -> str:
        return self._other.get_description()


class OneTry(MetricExporter):
    """Metrics are cumulative: what did not arrive is in the next export, so only the last one is held."""

    def __init__(self, link: Collector) -> None:
        super().__init__()
        self._link = link

    def export(  # the collector's own time-out counts, and its patience at the end
        self, metrics_data: MetricsData, timeout_millis: float = 0, **_: object,  # noqa: ARG002
    ) -> MetricExportResult:
        from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics  # not at start

        content = encode_metrics(metrics_data).SerializeToString()
        if self._link.closing:
            arrived = self._link.deliver(collector.METRICS, content)
        else:
            arrived = self._link.send(collector.METRICS, content) is None
        return MetricExportResult.SUCCESS if arrived else MetricExportResult.FAILURE

    def force_flush(self, timeout_millis: float = 0) -> bool:  # noqa: ARG002  nothing is kept here
        return True

    def shutdown(self, timeout_millis: float = 0, **_: object) -> None:
        """Nothing of its own to close."""


def count(outbox: Outbox[ReadableSpan] | Outbox[logwire.Entry], item: str) -> None:
    """The counters of https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/ for one outbox."""
    meter = metrics.get_meter("service.distro")
    counts = outbox.counts
    full = {"error.type": "queue_full"}

    def processed(_: CallbackOptions) -> Iterable[Observation]:
        return [Observation(counts.processed), Observation(counts.dropped, full)]

    def exported(_: CallbackOptions) -> Iterable[Observation]:
        return [Observation(counts.exported), Observation(counts.failed, {"error.type": "rejected"})]

    unit = f"{{{item}}}" if item == "span" else "{log_record}"
    if item == "span":
        meter.create_observable_counter("otel.sdk.span.started", [lambda _: [Observation(counts.started)]], unit)
    else:
        meter.create_observable_counter("otel.sdk.log.created", [lambda _: [Observation(counts.started)]], unit)
    meter.create_observable_counter(f"otel.sdk.processor.{item}.processed", [processed], unit)
    meter.create_observable_counter(f"otel.sdk.exporter.{item}.exported", [exported], unit)
    meter.create_observable_up_down_counter(
        f"otel.sdk.processor.{item}.queue.size", [lambda _: [Observation(len(outbox))]], unit)
