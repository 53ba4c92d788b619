"""Every request, trace and span of a run accounted for, client to viewer; what is missing has the name of the hop that lost it.

Subtle: a count at the viewer is only final when nothing is on its way any more. So it is asked until everything is there, or
until nothing new has come for a while; then the hops' own counts say where the rest went.
"""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from labctl import numbers
from labctl.load.measure.summary import Summary
from labctl.model import TRACE
from labctl.viewer_client.client import ViewerClient

QUIET_S = 3.0                           # longer than an exporter waits before it tries again
POLL_S = 0.05
CLIENT = "labctl"
REFUSED_SPANS = 2                       # of a prediction that the service refused: its server span and validate_input
PREDICTIONS = {"POST /predict", "POST /predict/batch"}
PROBES = {"/health", "/ready"}          # which the service does not trace


@dataclass(frozen=True, slots=True)
class Loss:
    hop: str                            # client → collector | service → collector | collector → viewer
    spans: int


@dataclass(frozen=True, slots=True)
class Ledger:
    requests: int                       # that were answered
    traces: int                         # at the viewer
    spans: int                          # at the viewer
    expected_spans: int
    lost: tuple[Loss, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def text(self) -> str:
        """`500 requests · 500 traces · 2 500 spans, nothing lost`, or where what was lost."""
        named = ((self.requests, "requests"), (self.traces, "traces"), (self.spans, "spans"))
        counts = " · ".join(f"{numbers.count(number)} {name}" for number, name in named)
        if not self.lost:
            return f"{counts}, nothing lost"
        where = ", ".join(f"{numbers.count(loss.spans)} {loss.hop}" for loss in self.lost)
        return f"{counts} of {numbers.count(self.expected_spans)}; lost: {where}"


@dataclass(frozen=True, slots=True)
class SdkCount:
    """What the service's SDK says of its own spans, since it started."""

    dropped: float = 0.0


def sdk_count(viewer: ViewerClient) -> SdkCount:
    """Spans that the service gave up on: its queue was full, or an export failed for good."""
    names = {"otel.sdk.processor.span.processed", "otel.sdk.exporter.span.exported"}
    series = [one for one in viewer.metrics() if one["name"] in names]
    return SdkCount(sum(one["value"] or 0.0 for one in series if one["attributes"].get("error.type")))


def settle(summary: Summary, viewer: ViewerClient, before: SdkCount, patience_s: float = 20.0) -> Ledger:
    """Wait until the run's spans have arrived or no more come, and account for them."""
    due = service_spans(summary.by_route)
    expected = summary.spans_made + due
    counts = _wait(viewer, summary.run_id, expected, patience_s)
    client = sum(group["spans"] for group in counts["groups"] if group["service"] == CLIENT)
    service = counts["spans"] - client
    lost_client = max(0, summary.spans_made - client)
    lost_service = max(0, due - service)
    unacked = min(lost_client, summary.spans_made - summary.spans_acked)
    dropped = min(lost_service, round(sdk_count(viewer).dropped - before.dropped)) if lost_service else 0
    losses = (
        Loss("client → collector", unacked),
        Loss("service → collector", max(0, dropped)),
        Loss("collector → viewer", lost_client - unacked + lost_service - max(0, dropped)),
    )
    answered = sum(summary.statuses.values())
    return Ledger(answered, counts["traces"], counts["spans"], expected, tuple(loss for loss in losses if loss.spans))


def service_spans(by_route: Mapping[str, Mapping[int, int]]) -> int:
    """Spans that the service makes of these answers: every step of a prediction, fewer of a refused one; else the server's."""
    return sum(count * _spans(route, status) for route, statuses in by_route.items() for status, count in statuses.items())


def _spans(route: str, status: int) -> int:
    if route in PREDICTIONS:
        return len(TRACE) if 200 <= status < 300 else REFUSED_SPANS  # noqa: PLR2004 success, as HTTP has it
    return 0 if route.partition(" ")[2] in PROBES else 1


def _wait(viewer: ViewerClient, run_id: str, expected: int, patience_s: float) -> dict[str, Any]:
    begun = grown = time.monotonic()
    seen = -1
    while True:
        counts = viewer.run_counts(run_id)
        now = time.monotonic()
        if counts["spans"] > seen:
            seen, grown = counts["spans"], now
        if seen >= expected or now - grown > QUIET_S or now - begun > patience_s:
            return counts
        time.sleep(POLL_S)
