"""The use case of `labctl why TRACE`: where a request's time went, span by span, against other requests of the same route.

The others are those of its load run, or, of a request that belongs to none, those of the last minutes. What is compared is what
each span took by itself, so a parent that only waits for its child is never the cause.
"""

import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

from labctl.telemetry.comparison import reading
from labctl.telemetry.comparison.reading import WAIT_KEY, SpanRow
from labctl.telemetry.comparison.requests import WAIT, Operation, RunRequests
from labctl.telemetry.trace import Span, Trace
from labctl.viewer_client.client import UP, ViewerClient
from labctl.why.traces.trace_explanation import OtherRequests, SpanQuote, TimePart, TraceExplanation

RUN_DIGITS: Final = 16                  # of a trace id: the run's id
LEAST: Final = 20                       # other requests, of which percentiles are told
_MOST_SPANS: Final = 150_000
_RECENT_S: Final = 600.0


def explain_trace(viewer: ViewerClient, trace: Trace) -> TraceExplanation:
    """`trace` with all its attributes."""
    compared, requests = _others(viewer, trace.trace_id)
    return explain(trace, requests, compared)


def _others(viewer: ViewerClient, trace_id: str) -> tuple[OtherRequests, RunRequests]:
    of_run = viewer.run_counts(trace_id[:RUN_DIGITS])
    if int(of_run["traces"]) > LEAST:
        share = min(_MOST_SPANS / max(int(of_run["spans"]), 1), 1.0)
        return OtherRequests.RUN, reading.read(viewer.span_pages(trace_id[:RUN_DIGITS], share=share))
    share = min(_MOST_SPANS / max(int(viewer.counts()["spans"]), 1), 1.0)
    pages = viewer.span_pages(since=time.time() - _RECENT_S, share=share)
    return OtherRequests.RECENT, reading.read(pages, without=UP)


def explain(trace: Trace, requests: RunRequests, compared: OtherRequests = OtherRequests.RUN) -> TraceExplanation:
    root, route = _root(trace), _route(trace)
    wait = _wait(root)
    latency = root.duration_ms + wait
    same = [one for one, name in enumerate(requests.routes) if name == route and requests.trace_ids[one] != trace.trace_id]
    latencies = sorted(requests.latency_ms[one] for one in same)
    enough = len(same) >= LEAST
    parts = sorted(_parts(trace, wait, requests, same), key=lambda part: -part.longer_ms)
    return TraceExplanation(
        trace, route, latency, compared, len(same), median(latencies) if enough else None,
        bisect_left(latencies, latency) / len(same) if enough else None, parts, list(_quotes(trace)),
    )


def _parts(trace: Trace, wait: float, requests: RunRequests, same: Sequence[int]) -> Iterator[TimePart]:
    rows = [SpanRow(one.span_id, one.parent_id, round(one.start_ms * 1e6), round(one.duration_ms * 1e6)) for one in trace.spans]
    own: dict[Operation, list[float]] = {}
    for span, time_ns in zip(trace.spans, reading.own_times(rows), strict=True):
        own.setdefault(Operation(span.service, span.name, span.kind), []).append(time_ns / 1e6)
    for operation, times in own.items():
        having = set(requests.present.get(operation, ()))
        yield _part(operation, sum(times), len(times), sorted(requests.own_ms[operation][one] for one in same if one in having))
    if WAIT in requests.own_ms:
        yield _part(WAIT, wait, 0, sorted(requests.own_ms[WAIT][one] for one in same))


def _part(operation: Operation, ms: float, spans: int, others: Sequence[float]) -> TimePart:
    if len(others) < LEAST:
        return TimePart(operation, ms, spans, len(others), None, None, None)
    p95 = others[int(len(others) * 0.95)]
    return TimePart(operation, ms, spans, len(others), median(others), p95, bisect_left(others, ms) / len(others))


def _root(trace: Trace) -> Span:
    """As `reading` chooses it."""
    roots = [span for span in trace.spans if not span.parent_id]
    return max(roots, key=lambda span: span.duration_ms) if roots else min(trace.spans, key=lambda span: span.start_ms)


def _route(trace: Trace) -> str:
    return next((span.name for span in trace.spans if span.kind == "server"), _root(trace).name)


def _wait(root: Span) -> float:
    told = root.attributes.get(WAIT_KEY)
    return max(float(told), 0.0) if isinstance(told, int | float) else 0.0


def _quotes(trace: Trace) -> Iterator[SpanQuote]:
    for span in trace.spans:
        if span.status == "error":
            yield SpanQuote(span.name, span.start_ms + span.duration_ms, _failure(span))
        for event in span.events:
            attributes = event["attributes"]
            told = [str(attributes[key]) for key in ("exception.type", "exception.message") if attributes.get(key)]
            error = "exception.type" in attributes
            yield SpanQuote(span.name, event["at_ms"], ": ".join(told) or event["name"], attributes, error)


def _failure(span: Span) -> str:
    known = [span.attributes.get(key) for key in ("error.type", "http.response.status_code", "exception.message")]
    words = dict.fromkeys(str(one) for one in (*known, span.status_message) if one not in {None, ""})
    return " · ".join(words) or "error"
