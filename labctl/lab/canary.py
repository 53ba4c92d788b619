"""One request with a minted trace id, followed hop by hop: service, collector, viewer.

The spans that arrive tell which hop lost others: the client span goes directly to the collector, the service's spans go through
the service's exporter first.
"""

import itertools
import re
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from labctl.errors import LabError
from labctl.host.http import Answer, Unreachable, get, post
from labctl.host.waiting import Deadline
from labctl.model import TRACE, Endpoints
from labctl.targets import service_tracing
from labctl.telemetry.hops.exporters import leading_to_viewer
from labctl.telemetry.trace import Trace
from labctl.viewer_client.client import ViewerClient
from labctl.viewer_client.sent_spans import client_span

BODY = b'{"features": [0.5, 1.5, 2.0]}'
OK = 200
COUNTERS = {
    "otelcol_receiver_accepted_spans": "accepted", "otelcol_exporter_sent_spans": "sent",
    "otelcol_exporter_send_failed_spans": "given up", "otelcol_exporter_enqueue_failed_spans": "given up",
    'otelcol_exporter_queue_size{data_type="traces"': "batches waiting to be sent",
}
EXPORTER = re.compile(r'[{,]exporter="([^"]*)"')
FIRST_PATIENCE_S = 3.0                  # for the first canary, before the next is sent; twice as long for each further one
MOST_DOUBLINGS = 3                      # so 24 s at most
PAUSE_S = 0.2                           # between two that fail at once
UNTRACED = "there is no trace to wait for: the service's OTEL_* variables turn tracing off (labctl config)"


@dataclass(frozen=True, slots=True)
class HopResult:
    hop: str
    ok: bool
    ms: float
    seen: str
    hint: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was made under a trace id of ours."""

    trace_id: str
    span_id: str
    answer: Answer

    @property
    def start_ns(self) -> int:
        return self.answer.start_ns

    @property
    def end_ns(self) -> int:
        return self.start_ns + int(self.answer.seconds * 1e9)

    @property
    def ms(self) -> float:
        return self.answer.seconds * 1e3


@dataclass(frozen=True, slots=True)
class CanaryResult:
    """The outcome of the last canary, hop by hop up to the first broken one."""

    hops: Sequence[HopResult]
    attempt: int = 1                    # which canary this was

    @property
    def broken(self) -> HopResult | None:
        return next((hop for hop in self.hops if not hop.ok), None)

    @property
    def ms(self) -> float:
        return sum(hop.ms for hop in self.hops)

    def as_json(self) -> dict[str, Any]:
        broken = self.broken
        return {"ok": broken is None, "broken": broken.hop if broken else None, "hops": [hop.as_json() for hop in self.hops]}


def call(url: str, body: bytes = BODY, timeout_s: float = 10.0) -> Call:
    """POST `body` to /predict with a fresh traceparent, sampled. Raises Unreachable."""
    trace_id, span_id = _trace_id(), secrets.token_hex(8)
    headers = {"content-type": "application/json", "traceparent": f"00-{trace_id}-{span_id}-01"}
    return Call(trace_id, span_id, post(f"{url}/predict", body, headers, timeout_s))


def _trace_id() -> str:
    """One that every sampler by trace id keeps, down to a share of 0.4 %.

    The collector keeps ids whose last 56 bits are high (https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/),
    the SDK's TraceIdRatioBased those whose last 64 bits are low, so the byte above the 56 bits is zero.
    """
    return f"{secrets.token_hex(8)}00ffffff{secrets.token_hex(4)}"


def export(sent: Call, url: str, otlp_http: str, timeout_s: float = 5.0) -> None:
    """Send the canary's client span to the collector. Raises Unreachable or LabError."""
    span = client_span(
        trace_id=sent.trace_id, span_id=sent.span_id, start_ns=sent.start_ns, end_ns=sent.end_ns,
        method="POST", url=f"{url}/predict", status=sent.answer.status, keep=True,
    )
    answer = post(f"{otlp_http}/v1/traces", span, {"content-type": "application/json"}, timeout_s)
    if answer.status != OK:
        raise LabError(f"the collector answered {answer.status}", detail=answer.body[:300].decode(errors="replace"))


def send(endpoints: Endpoints, patience_s: float) -> CanaryResult:
    """One canary, waited for at the viewer for `patience_s` seconds."""
    service, sent = _service(endpoints)
    if sent is None:
        return CanaryResult([service])
    collector = _collector(endpoints, sent)
    return CanaryResult([service, collector, _viewer(endpoints, sent, patience_s)] if collector.ok else [service, collector])


def send_until_one_arrives(endpoints: Endpoints, patience_s: float) -> CanaryResult:
    """Canary after canary until one has arrived whole, for `patience_s` seconds at most.

    The first one after a repair may still be lost: the service keeps its connection to a collector that is being replaced.
    """
    deadline = Deadline.after(patience_s)
    for attempt in itertools.count(1):
        sent = send(endpoints, min(deadline.left, FIRST_PATIENCE_S * 2 ** min(attempt - 1, MOST_DOUBLINGS)))
        if sent.broken is None or deadline.passed:
            return replace(sent, attempt=attempt)
        time.sleep(min(PAUSE_S, deadline.left))
    raise AssertionError


def _service(endpoints: Endpoints) -> tuple[HopResult, Call | None]:
    started = time.monotonic()
    try:
        sent = call(endpoints.service)
    except Unreachable as error:
        seen = f"{error.message}: {error.detail}"
        return HopResult("service", ok=False, ms=_since(started), seen=seen, hint="labctl logs service"), None
    if sent.answer.status != OK:
        seen = f"/predict answered {sent.answer.status}: {sent.answer.excerpt()}"
        return HopResult("service", ok=False, ms=sent.ms, seen=seen, hint="labctl logs service"), None
    if service_tracing.is_off(endpoints.service):
        return HopResult("service", ok=True, ms=sent.ms, seen=f"/predict answered 200; {UNTRACED}"), None
    return HopResult("service", ok=True, ms=sent.ms, seen="/predict answered 200"), sent


def _collector(endpoints: Endpoints, sent: Call) -> HopResult:
    started = time.monotonic()
    try:
        export(sent, endpoints.service, endpoints.otlp_http)
    except LabError as error:
        seen = f"{error.message}: {error.detail}"
        return HopResult("collector", ok=False, ms=_since(started), seen=seen, hint="labctl logs collector")
    return HopResult("collector", ok=True, ms=_since(started), seen=f"{endpoints.otlp_http} accepted the client span")


def _viewer(endpoints: Endpoints, sent: Call, patience_s: float) -> HopResult:
    started, trace = time.monotonic(), None
    try:
        trace = arrived(endpoints, sent, patience_s)
    except LabError as error:
        seen = f"{error.message}: {error.detail}"
        return HopResult("viewer", ok=False, ms=_since(started), seen=seen, hint="labctl logs viewer")
    return _verdict(endpoints, trace, _since(started))


def arrived(endpoints: Endpoints, sent: Call, patience_s: float = 3.0) -> Trace | None:
    """The trace of `sent` once it is whole, or what has arrived of it after `patience_s` seconds."""
    return _await(endpoints, sent.trace_id, len(TRACE) + 1, patience_s)


def _await(endpoints: Endpoints, trace_id: str, spans: int, patience_s: float) -> Trace | None:
    viewer = ViewerClient(endpoints.viewer)
    deadline = time.monotonic() + patience_s
    while True:
        left = deadline - time.monotonic()
        trace = viewer.trace(trace_id, spans=spans, wait=max(0.0, min(left, 10.0)))
        if left <= 0 or (trace and len(trace.spans) >= spans):
            return trace


def _verdict(endpoints: Endpoints, trace: Trace | None, ms: float) -> HopResult:
    names = [span.name for span in trace.spans] if trace else []
    missing = [name for name in TRACE if name not in names]
    if trace and not missing and len(names) > len(TRACE):
        return HopResult("viewer", ok=True, ms=ms, seen=f"{len(names)} spans arrived")
    if not names:
        seen = _collector_says(endpoints)
        return HopResult("collector → viewer", ok=False, ms=ms, seen=seen, hint="labctl logs collector viewer")
    if len(missing) == len(TRACE):
        seen = f"the client span arrived, none of the service's: {_collector_says(endpoints)}"
        return HopResult("service → viewer", ok=False, ms=ms, seen=seen, hint="labctl logs service; labctl config")
    seen = f"{len(names)} of {len(TRACE) + 1} spans arrived; missing: {', '.join(missing) or 'the client span'}"
    return HopResult("service → viewer" if missing else "collector → viewer", ok=False, ms=ms, seen=seen, hint="labctl logs")


def _collector_says(endpoints: Endpoints) -> str:
    """The collector's own counters of spans, since it started."""
    try:
        lines = get(f"{endpoints.collector_metrics}/metrics").body.decode(errors="replace").splitlines()
    except Unreachable as error:
        return f"the collector's own metrics: {error.detail}"
    found: Counter[str] = Counter()
    counted = leading_to_viewer(one[1] for line in lines if (one := EXPORTER.search(line)))
    for line in lines:
        name, exporter = next((name for name in COUNTERS if line.startswith(name)), ""), EXPORTER.search(line)
        if name and (exporter is None or exporter[1] in counted):
            found[COUNTERS[name]] += int(float(line.rpartition(" ")[2]))
    if not found:
        return "the collector has seen no span"
    return "of the collector's spans " + ", ".join(f"{count} {what}" for what, count in found.items())


def _since(started: float) -> float:
    return (time.monotonic() - started) * 1000
