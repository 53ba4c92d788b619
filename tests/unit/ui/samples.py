"""Made-up values, as a lab with one slow step would give them, for the tests of the views."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from labctl.lab.canary import HopResult
from labctl.lab.examining.doctor import Check
from labctl.lab.status import LabStatus
from labctl.load.measure.summary import Bucket, Distribution, Generator, Slow, Snapshot, Summary
from labctl.load.plan.load_plan import LoadPlan
from labctl.model import Health, LogLine, State, Usage
from labctl.telemetry.trace import Span, Trace

_ID: Final = "9f3c2a1b00d1e2f3"
_SERVICE: Final = "ai-inference-service"

TRACE: Final = Trace(f"{_ID}a76e1d2c4b5f6978", 503.2, complete=True, spans=(
    Span("POST", "labctl", "client", "a1", "", 0.0, 503.2, "unset", {"http.response.status_code": 200}),
    Span("POST /predict", _SERVICE, "server", "b1", "a1", 0.9, 501.4, "unset", {"http.response.status_code": 200}),
    Span("validate_input", _SERVICE, "internal", "c1", "b1", 1.3, 0.08, "unset"),
    Span("model_inference", _SERVICE, "internal", "c2", "b1", 1.5, 98.3, "unset"),
    Span("format_response", _SERVICE, "internal", "c3", "b1", 99.9, 402.0, "unset"),
))

FAILED_TRACE: Final = Trace(f"{_ID}b50c8e0f1a2b3c4d", 104.0, complete=False, spans=(
    Span("POST", "labctl", "client", "a1", "", 0.0, 104.0, "error",
         {"http.response.status_code": 500, "error.type": "500"}),
    Span("POST /predict", _SERVICE, "server", "b1", "a1", 0.7, 102.9, "error",
         {"http.response.status_code": 500, "error.type": "ModelError"}),
    Span("model_inference", _SERVICE, "internal", "c2", "b1", 1.2, 101.8, "error",
         {"error.type": "ModelError", "exception.message": "the weights are gone"}),
    Span("fetch_features", "feature-store", "server", "e1", "d9", 12.0, 31.5, "unset"),
))

_LATENCY: Final = Distribution(500, 81.2, 106.4, 98.3, 113.9, 117.2, 502.6, 519.8, 519.8)
_SERVICE_TIME: Final = Distribution(500, 80.9, 105.8, 97.9, 113.1, 116.5, 501.8, 518.9, 518.9)
_COUNTS: Final = (24, 61, 72, 68, 75, 70, 66, 53, 2, *([0] * 74), 1, 3, 3, 2)
_HISTOGRAM: Final = tuple(Bucket(80 + 5 * n, 85 + 5 * n, count) for n, count in enumerate(_COUNTS))

PLAN: Final = LoadPlan("http://127.0.0.1:9002/predict", rps=50.0, run_id=_ID)
SUMMARY: Final = Summary(
    run_id=_ID, url=PLAN.url, concurrency=10, planned=500, sent=500, successful=500, failed=0, unfinished=0, dropped=0,
    errors={}, statuses={200: 500}, duration_s=10.08, rate=49.6, target_rate=50.0, latency=_LATENCY,
    service_time=_SERVICE_TIME, histogram=_HISTOGRAM, interrupted=False, spans_made=500, spans_acked=500,
    generator=Generator(0.42, 0.04, 0.03, 0.14, 0.9, 2.1, 41 << 20),
    quantiles={"p50": (97.4, 99.2), "p90": (112.6, 115.3), "p95": (116.0, 118.9), "p99": (498.2, 514.1)},
    slowest=tuple(
        Slow(f"{_ID}{n * 0x9E3779B97F4A7C15 & 2**64 - 1:016x}", ms)
        for n, ms in ((417, 519.8), (92, 510.1), (268, 507.4), (33, 503.2), (301, 502.6), (8, 498.0))
    ),
)
TROUBLED: Final = replace(
    SUMMARY, successful=471, failed=21, unfinished=3, dropped=5, sent=495, interrupted=True,
    errors={"http 503": 14, "timeout": 6, "connection reset by the server": 1}, warmup=50,
    latency=replace(_LATENCY, count=421), quantiles={**SUMMARY.quantiles, "p99": (497.1, 519.8)},
    by_request={"good": {"successful": 423, "failed": 14}, "no features": {"successful": 48, "failed": 7}},
)
NOTES: Final = ("500/s at 98 ms needs 49 workers; you gave 10. Try -c 49.",)
LEDGER: Final = "500 requests · 500 traces · 2 500 spans, nothing lost"
SNAPSHOT: Final = Snapshot(
    elapsed_s=6.2, planned=500, sent=316, successful=310, failed=0, in_flight=6, rate=50.1, target_rate=50.0,
    latency=replace(_LATENCY, count=310), histogram=_HISTOGRAM, errors={},
)
TAIL: Final = (
    "2026-11-23T14:02:11.402Z info Traces  resource spans: 2, spans: 250",
    "2026-11-23T14:02:12.404Z info Metrics resource metrics: 1, metrics: 6, data points: 14",
    "2026-11-23T14:02:12.655Z info Traces  resource spans: 2, spans: 245",
)

STATUS: Final = LabStatus(
    "ai-ml-lab-2-2", "local",
    (
        Health("viewer", State.READY, "also the collector: no otelcol on the PATH",
               {"viewer": "http://127.0.0.1:9003", "viewer_grpc": "http://127.0.0.1:9004"}, 41207, 1795442400.0),
        Health("service", State.FAILED, "/ready got 503: draining", {"service": "http://127.0.0.1:9002"}, 41233, 1795442401.0),
        Health("collector", State.ABSENT),
    ),
    {"service": "http://127.0.0.1:9002", "viewer": "http://127.0.0.1:9003", "otlp_grpc": "127.0.0.1:4317",
     "otlp_http": "http://127.0.0.1:4318"},
    "/home/ada/lab", "around the current folder", ("labctl up",),
)
STATUS_AT: Final = 1795442585.0

_BOUNDS: Final = [1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 150.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0, 10000.0]
_SHAPE: Final = [0, 0, 0, 0, 0, 0, 0, 300, 191, 0, 2, 7, 0, 0, 0, 0]


def _series(name: str, unit: str, kind: str, **rest: object) -> dict[str, Any]:
    return {"name": name, "unit": unit, "type": kind, "attributes": {}, "value": None, **rest}


_SLOTS: Final = [None] * 16 + [0.0, 120.0, 250.0, 130.0]
_WINDOW: Final = {
    "seconds": 52.5, "slot_seconds": 15.0, "slots": _SLOTS, "increase": 500.0, "sum": 52900.0, "bounds": [50.0, 100.0],
    "counts": [0, 300, 200],
}
_ROUTE: Final = {"http.route": "/predict", "http.request.method": "POST"}
SERIES: Final[list[dict[str, Any]]] = [
    _series("http_requests_total", "{request}", "sum", value=500.0,
            attributes={**_ROUTE, "http.response.status_code": 200}, window=_WINDOW),
    _series("predictions_total", "{prediction}", "sum", value=500.0, attributes={"model_name": "simple-linear-demo"}),
    _series("errors_total", "{error}", "sum", value=0.0),
    _series("prediction_latency_ms", "ms", "histogram", attributes={"model_name": "simple-linear-demo"},
            count=500, sum=49150.0, min=79.8, max=120.3, bounds=_BOUNDS, counts=[0] * 7 + [265, 235] + [0] * 7,
            exemplars=[{"value": 120.3, "trace_id": TRACE.trace_id}]),
    _series("request_duration_ms", "ms", "histogram", attributes=_ROUTE,
            count=500, sum=52900.0, min=80.9, max=518.9, bounds=_BOUNDS, counts=_SHAPE, window=_WINDOW,
            exemplars=[{"value": 518.9, "trace_id": TRACE.trace_id}]),
    _series("active_requests", "{request}", "sum", value=0.0,
            window={"seconds": 45.0, "slot_seconds": 15.0, "slots": [None] * 17 + [3.0, 9.0, 4.0]}),
]

CONFIG: Final = (
    ("APP_ENV", "local", "default", "the environment's name, as /health reports it"),
    ("DEFAULT_LATENCY_MS", "100", ".env", "how long the model takes"),
    ("SLOW_SPAN", "format_response:2%:400ms", "environment", "step, share of requests and how much longer it takes"),
    ("LABCTL_SERVICE_PORT", "9102", "flag", "where the service listens on 127.0.0.1"),
)
CHECKS: Final = (
    Check("local", "Python", ok=True, found="3.13.1", needed="3.11 or later"),
    Check("local", "port 9002", ok=False, found="held by nginx (pid 812)", needed="free",
          hint="labctl up --set LABCTL_SERVICE_PORT=9102"),
    Check("kind", "Docker", ok=False, found="not on the PATH", needed="only for --target kind"),
)
HOPS: Final = (
    HopResult("service", ok=True, ms=103.0, seen="200, prediction 4.0"),
    HopResult("collector", ok=True, ms=154.2, seen="accepted 5 spans"),
    HopResult("viewer", ok=False, ms=10_000.0, seen="4 of 5 spans after 10 s; POST /predict is missing"),
)
USAGE: Final = (
    Usage("service", 0.41, 0.5, 82 << 20, 256 << 20, 0.12),
    Usage("collector", 0.03, 0.2, 61 << 20, 256 << 20, 0.0),
    Usage("viewer", None, None, 97 << 20, None, None),
)
LINES: Final = (
    LogLine("service", 1795442401.2, '{"time": "2026-11-23T14:00:01.204Z", "level": "INFO", "logger": "service", '
            '"message": "telemetry initialised", "endpoint": "http://127.0.0.1:4317", "tracing_enabled": true}'),
    LogLine("service", 1795442402.9, '{"time": "2026-11-23T14:00:02.913Z", "level": "WARNING", "message": "slow step", '
            f'"step": "format_response", "ms": 402.0, "trace_id": "{TRACE.trace_id}", "span_id": "00f067aa0ba902b7"}}'),
    LogLine("collector", 1795442403.1, TAIL[1]),
    LogLine("viewer", None, "listening on 127.0.0.1:9003 and 127.0.0.1:9004"),
)


def growing() -> Iterator[Snapshot]:
    """A run of ten seconds, eight times a second."""
    for frame in range(1, 81):
        share = frame / 80
        yield replace(
            SNAPSHOT, elapsed_s=10 * share, sent=round(500 * share), successful=round(490 * share),
            histogram=tuple(replace(bucket, count=round(bucket.count * share)) for bucket in _HISTOGRAM),
        )
