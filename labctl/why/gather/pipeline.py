"""One request followed through the pipeline, with the counters of collector and viewer from before and after it."""

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from labctl.errors import LabError
from labctl.host.background_task import BackgroundTask
from labctl.host.http import Unreachable, get
from labctl.host.waiting import Deadline
from labctl.lab import canary
from labctl.lab.canary import Call
from labctl.model import TRACE, Endpoints
from labctl.viewer_client.client import ViewerClient
from labctl.why.collector_metrics import CollectorMetrics
from labctl.why.facts import OK, CollectorFacts, SentCanary, ViewerFacts

MARGIN_S: Final = 0.2                   # less than the whole has: so that what arrived in time is not given up
TAIL_SAMPLING_S: Final = 2.5
_LOOK_S: Final = 0.7                    # for each look at counters
_ANSWER_S: Final = 2.0
_EXPORT_S: Final = 0.7
_LEAST_S: Final = 0.8                   # a trace that has not arrived after less may be on its way


@dataclass(frozen=True, slots=True)
class Followed:
    canary: SentCanary | None
    collector: CollectorFacts | None
    viewer: ViewerFacts | None


NOTHING: Final = Followed(None, None, None)


@dataclass(frozen=True, slots=True)
class _Look:
    """The counters at one moment, and why there are none."""

    collector: CollectorMetrics
    collector_trouble: str
    viewer: ViewerFacts


def follow(endpoints: Endpoints, deadline: Deadline) -> Followed:
    before = _look(endpoints)
    # tail sampling decides about a trace a while after its end
    longer_s = TAIL_SAMPLING_S if before.collector.has_any("processor_tail_sampling_") else 0.0
    sent = _send(endpoints, Deadline.after(deadline.left + longer_s - _LOOK_S))
    after = _look(endpoints)
    viewer = replace(
        after.viewer, health=after.viewer.health or before.viewer.health, metrics=after.viewer.metrics or before.viewer.metrics,
        metrics_before=before.viewer.metrics, counts_before=before.viewer.counts,
    )
    return Followed(sent, CollectorFacts(before.collector, after.collector, after.collector_trouble), viewer)


def _look(endpoints: Endpoints) -> _Look:
    """Both at once, in parallel."""
    viewer = BackgroundTask(lambda: _viewer(endpoints.viewer))
    collector, trouble = _collector(endpoints.collector_metrics)
    return _Look(collector, trouble, viewer.result())


def _collector(url: str) -> tuple[CollectorMetrics, str]:
    try:
        answer = get(f"{url}/metrics", _LOOK_S)
    except Unreachable as error:
        return CollectorMetrics(), error.detail
    found = CollectorMetrics.of(answer.body.decode(errors="replace"))
    return found, "" if found else f"/metrics answered {answer.status}, and no metrics of a collector: {answer.excerpt()}"


def _viewer(url: str) -> ViewerFacts:
    client, deadline = ViewerClient(url, _LOOK_S), Deadline.after(_LOOK_S)
    counts, metrics = BackgroundTask(partial(client.counts, only="spans")), BackgroundTask(lambda: client.metrics().series)
    try:
        health = client.health()
    except LabError as error:
        return ViewerFacts(None, trouble=": ".join(filter(None, (error.message, error.detail))))
    return ViewerFacts(health, _or(metrics, deadline, ()), counts=_or(counts, deadline, {}))


def _or(part: BackgroundTask[Any], deadline: Deadline, instead: Any) -> Any:
    """What has been read in time: in a large store counting takes longer."""
    try:
        return part.result() if part.done(deadline.left) else instead
    except LabError:
        return instead


def _send(endpoints: Endpoints, deadline: Deadline) -> SentCanary:
    at, begun, patience_s = time.time(), time.monotonic(), min(_ANSWER_S, deadline.left)
    try:
        call = canary.call(endpoints.service, timeout_s=patience_s)
    except Unreachable as error:
        waited_s = time.monotonic() - begun
        return SentCanary("", at, None, waited_s * 1e3, error.detail, timed_out=waited_s >= patience_s)
    if call.answer.status != OK:
        return SentCanary(call.trace_id, at, call.answer.status, call.ms, call.answer.excerpt())
    sent = SentCanary(call.trace_id, at, OK, call.ms, refused=_export(call, endpoints))
    return _await(sent, endpoints.viewer, deadline)


def _export(call: Call, endpoints: Endpoints) -> str:
    try:
        canary.export(call, endpoints.service, endpoints.otlp_http, _EXPORT_S)
    except LabError as error:
        return ": ".join(filter(None, (error.message, error.detail)))
    return ""


def _await(sent: SentCanary, viewer: str, deadline: Deadline) -> SentCanary:
    """Until the trace is whole, or the deadline."""
    client, begun = ViewerClient(viewer, _LOOK_S), time.monotonic()
    wanted, trace, unseen = len(TRACE) + (not sent.refused), None, ""
    while True:
        wait = max(0.0, deadline.left - _LOOK_S)
        try:
            trace, unseen = client.trace(sent.trace_id, spans=wanted, wait=wait) or trace, ""
        except LabError as error:
            unseen = error.detail or error.message
        waited_s, whole = time.monotonic() - begun, trace is not None and len(trace.spans) >= wanted
        if whole or deadline.left <= _LOOK_S:
            hasty = not whole and not unseen and waited_s < _LEAST_S
            unseen = "there was no time to wait for it" if hasty else unseen
            return replace(sent, waited_s=waited_s, trace=trace, unseen=unseen, hasty=hasty)
        time.sleep(min(0.05, deadline.left))
