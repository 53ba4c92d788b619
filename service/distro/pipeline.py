"""Puts the SDK together: spans and log records through outboxes that hold them, metrics once per interval.

The SDK's own counters cost three instrument calls a span, so the names it gives them are served here from plain integers.
"""

import logging
import os
from collections.abc import Iterable

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

    spans = Outbox[ReadableSpan]("spans", limits("BSP"),
                                 lambda batch: link.deliver(collector.TRACES, wire.spans(batch, head)))
    logs = Outbox[logwire.Entry]("logs", limits("BLRP"),
                                 lambda batch: link.deliver(collector.LOGS, logwire.logs(batch, head)))
    meters = MeterProvider([PeriodicExportingMetricReader(OneTry(link))], resource, shutdown_on_exit=False)
    metrics.set_meter_provider(meters)
    count(spans, "span")
    count(logs, "log")
    tracers = TracerProvider(resource=resource, shutdown_on_exit=False, meter_provider=NoOpMeterProvider())
    tracers.add_span_processor(Spans(spans, link, chosen.flush_timeout_s))
    trace.set_tracer_provider(tracers)
    logging.getLogger().addHandler(logwire.OtlpHandler(logs))


def limits(kind: str) -> Limits:
    """From OTEL_BSP_… (spans) or OTEL_BLRP_… (log records), whose defaults the distro has set."""
    queue, batch, delay = (int(os.environ[f"OTEL_{kind}_{name}"])
                           for name in ("MAX_QUEUE_SIZE", "MAX_EXPORT_BATCH_SIZE", "SCHEDULE_DELAY"))
    return Limits(queue, batch, delay / 1000)


class Spans(SpanProcessor):
    """Ended spans into an outbox. Its shutdown starts the clock for everything that is still to be sent."""

    def __init__(self, outbox: Outbox[ReadableSpan], link: Collector, patience_s: float) -> None:
        self._outbox = outbox
        self._link = link
        self._patience_s = patience_s

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Nothing: a span counts when it has ended."""

    def on_end(self, span: ReadableSpan) -> None:
        if span.context is not None and span.context.trace_flags.sampled:
            self._outbox.put(span)

    def shutdown(self) -> None:
        self._link.close_within(self._patience_s)
        self._outbox.shut_down()


class OneTry(MetricExporter):
    """Metrics are cumulative: what did not arrive is in the next export, so only the last one is held."""

    def __init__(self, link: Collector) -> None:
        super().__init__()
        self._link = link

    def export(self, metrics_data: MetricsData, timeout_millis: float = 0, **_: object) -> MetricExportResult:
        from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics  # noqa: PLC0415  not at start

        content = encode_metrics(metrics_data).SerializeToString()
        if self._link.closing:
            arrived = self._link.deliver(collector.METRICS, content)
        else:
            arrived = self._link.send(collector.METRICS, content) is None
        return MetricExportResult.SUCCESS if arrived else MetricExportResult.FAILURE

    def force_flush(self, timeout_millis: float = 0) -> bool:
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
