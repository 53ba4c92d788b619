"""The service's spans and its six metrics, through the OpenTelemetry API alone.

Instruments are recorded inside the server span, which is what gives their exemplars a trace.
"""

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from opentelemetry import metrics, trace
from opentelemetry._logs import get_logger_provider
from opentelemetry.context import Context, get_current
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.trace import Span, StatusCode

from service.model import NAME

SCOPE = "service"
LEAST_FLUSH_MS = 50.0                # without any the SDK would not even stop its thread
BOUNDS_MS = (1, 2, 5, 10, 20, 35, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 1500, 2000, 3500, 5000, 7500, 10_000)
_MODEL = {"model.name": NAME}


def trace_id() -> str | None:
    """32 hex digits of the current trace; None where nothing is traced."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None


def enabled() -> bool:
    """Whether a tracer provider has been set up, as `opentelemetry-instrument` does."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider | trace.NoOpTracerProvider)


class Step:
    """A child of the server span; an exception raised in it becomes its `error.type` and status."""

    __slots__ = ("_span",)

    def __init__(self, span: Span) -> None:
        self._span = span

    def describe_input(self, rows: Sequence[Sequence[float]]) -> None:
        """Two numbers by which slow requests can be told from others: the rows, and the largest feature; not the data."""
        if self._span.is_recording():
            self._span.set_attribute("model.input.rows", len(rows))
            self._span.set_attribute("model.input.max", max(map(max, rows)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if kind is not None:
            self._span.set_attribute("error.type", getattr(error, "kind", kind.__qualname__))
            self._span.set_status(StatusCode.ERROR, str(error))
        self._span.end()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request to `route` ended; `error` becomes `error.type`, and is empty for a success."""

    route: str
    status: int
    error: str = ""
    predictions: int = 0
    inference_ms: float = 0.0


@dataclass(slots=True)
class Total:
    """The value of an observable counter. To add to the SDK's own counters, twice a request, costs a twentieth of the request."""

    attributes: dict[str, Any]
    value: int = 0
    _context: Context | None = None      # of the last addition: the exemplar's trace

    def add(self, number: int) -> None:
        self.value += number
        self._context = get_current()

    def observe(self) -> Observation:
        context, self._context = self._context, None
        return Observation(self.value, self.attributes, context)


@dataclass(slots=True)
class Telemetry:
    """Create it after the providers are set up: instruments created earlier are proxies, which cost more at each call."""

    active: int = 0
    _answered: dict[tuple[str, int], Total] = field(default_factory=dict)       # by route and status
    _predicted: Total = field(default_factory=lambda: Total(_MODEL))
    _tracer: trace.Tracer = field(default_factory=lambda: trace.get_tracer(SCOPE))
    _errors: metrics.Counter = field(init=False)
    _prediction_latency: metrics.Histogram = field(init=False)
    _request_duration: metrics.Histogram = field(init=False)

    def __post_init__(self) -> None:
        meter = metrics.get_meter(SCOPE)
        meter.create_observable_counter("http_requests_total", [self._observe_answered], "{request}", "Requests answered.")
        meter.create_observable_counter("predictions_total", [self._observe_predicted], "{prediction}", "Predictions made.")
        self._errors = meter.create_counter("errors_total", "{error}", "Requests answered with an error.")
        self._prediction_latency = meter.create_histogram(
            "prediction_latency_ms", "ms", "Time the model took.", explicit_bucket_boundaries_advisory=BOUNDS_MS)
        self._request_duration = meter.create_histogram(
            "request_duration_ms", "ms", "Time a request took.", explicit_bucket_boundaries_advisory=BOUNDS_MS)
        meter.create_observable_up_down_counter(
            "active_requests", [self._observe_active], "{request}", "Requests being worked on.")

    def step(self, name: str) -> Step:
        return Step(self._tracer.start_span(name))

    def record(self, outcome: Outcome, duration_ms: float) -> None:
        answered = self._total_of(outcome.route, outcome.status)
        answered.add(1)
        self._request_duration.record(duration_ms, answered.attributes)
        if outcome.predictions:
            self._predicted.add(outcome.predictions)
            self._prediction_latency.record(outcome.inference_ms, _MODEL)
        if outcome.error:
            self._errors.add(1, {"http.route": outcome.route, "error.type": outcome.error})
            trace.get_current_span().set_attribute("error.type", outcome.error)

    def _total_of(self, route: str, status: int) -> Total:
        known = self._answered.get((route, status))
        if known is None:
            known = Total({"http.request.method": "POST", "http.route": route, "http.response.status_code": status})
            self._answered[route, status] = known
        return known

    def _observe_answered(self, _: CallbackOptions) -> Iterable[Observation]:
        return [total.observe() for total in list(self._answered.values())]

    def _observe_predicted(self, _: CallbackOptions) -> Iterable[Observation]:
        return [self._predicted.observe()] if self._predicted.value else []

    def _observe_active(self, _: CallbackOptions) -> Iterable[Observation]:
        return [Observation(self.active)]


def shut_down(timeout_s: float) -> bool:
    """Send the spans and log records that are still held, then the metrics that count them. False: `timeout_s` was too short."""
    deadline = time.monotonic() + timeout_s
    # the SDK's providers have a `shutdown`, the API's do not; those of spans and log records take no time-out
    flushing = [threading.Thread(target=getattr(provider, "shutdown", _nothing), daemon=True)
                for provider in (trace.get_tracer_provider(), get_logger_provider())]
    for thread in flushing:
        thread.start()
    for thread in flushing:
        thread.join(max(0.0, deadline - time.monotonic()))
    left_ms = (deadline - time.monotonic()) * 1000
    getattr(metrics.get_meter_provider(), "shutdown", _nothing)(timeout_millis=max(LEAST_FLUSH_MS, left_ms))
    return not any(thread.is_alive() for thread in flushing)


def _nothing(**_: object) -> None:
    return


def now_ms() -> float:
    return time.perf_counter() * 1000
