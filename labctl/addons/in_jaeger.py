"""Whether Jaeger has a trace, and why it may not have one that was made (`labctl trace ID --in jaeger`)."""

import re
import time
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode

from labctl.addons.pages import Page, pages, require
from labctl.components import JAEGER
from labctl.errors import LabError, NotReady
from labctl.host.documents import Node
from labctl.host.http import Unreachable, get
from labctl.host.waiting import until
from labctl.model import LabSpec, Target
from labctl.viewer_client.client import UP, TracedRun, ViewerClient, look_up

OK: Final = 200
UNKNOWN: Final = 404
TIMEOUT_S: Final = 10.0
_WHOLE: Final = "[0-9a-f]{32}"
ON_ITS_WAY_S: Final = 10.0              # the collector's queue to Jaeger holds spans for a moment, longer when it tries again
AWAITED_S: Final = 3.0                  # a trace that is on its way


class Absence(StrEnum):
    """Why Jaeger does not have a trace."""

    NO_SUCH_TRACE = "no-such-trace"     # the viewer does not have it either, and no sampling is on
    SAMPLED_OUT = "sampled-out"         # the same, with a sampling that may have left it out
    OF_UP = "of-up"                     # labctl writes the trace of an `up` to the viewer alone
    NOT_YET = "not-yet"
    RESTARTED = "restarted"             # its store, in memory, is younger than the trace
    EVICTED_OR_DROPPED = "evicted-or-dropped"


@dataclass(frozen=True, slots=True)
class JaegerTrace:
    trace_id: str
    url: str                            # of its page; "" where this machine has no lasting address of Jaeger
    spans: int                          # in Jaeger
    absence: Absence | None = None      # None: it is there

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "url": self.url or None}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a trace besides Jaeger's answer."""

    trace_id: str
    ended: float | None                 # Unix seconds, of the viewer's; None: it does not have it
    sampling: bool                      # whether a switch leaves traces out
    jaeger_started: float | None        # None: unknown


def look(target: Target, spec: LabSpec, which: str, run: TracedRun) -> tuple[JaegerTrace, Page]:
    """The trace, and its page. Raises LabError where the lab has no Jaeger or the viewer does not know what `which` names."""
    switches = target.switches()
    require(JAEGER, switches, spec)
    viewer = ViewerClient(target.endpoints().viewer)
    trace_id = which.lower() if re.fullmatch(_WHOLE, which.lower()) else look_up(viewer, which, run=run).trace_id
    page = replace(pages(target, [JAEGER], spec)[0], path=f"/trace/{trace_id}")
    spans = span_count(page.url, trace_id)
    why = None if spans else absence(_known(target, viewer, trace_id, sampling="sampling" in switches))
    if why is Absence.NOT_YET:
        spans = until(lambda: span_count(page.url, trace_id), AWAITED_S, every=0.2)
        why = None if spans else why
    return JaegerTrace(trace_id, "" if page.forwarding else page.address, spans, why), page


def _known(target: Target, viewer: ViewerClient, trace_id: str, *, sampling: bool) -> Known:
    listed = viewer.traces(run=trace_id)
    ended = float(listed[0]["start"]) + float(listed[0]["duration_ms"]) / 1000 if listed else None
    started = next((one.started for one in target.health() if one.name == JAEGER.name), None)
    return Known(trace_id, ended, sampling, started)


def span_count(url: str, trace_id: str) -> int:
    """Of the trace in Jaeger at that base URL; 0: it does not have it. Raises NotReady when it does not answer."""
    return sum(len(one.field("spans").items()) for one in _traces(f"{url}/api/traces/{trace_id}"))


@dataclass(frozen=True, slots=True)
class JaegerSearch:
    service: str
    operation: str
    since: float                        # Unix seconds
    longer_than_ms: float
    most: int


def slow_traces(url: str, search: JaegerSearch) -> list[str]:
    """The ids of the traces that are found. Raises LabError."""
    asked = {
        "service": search.service, "operation": search.operation, "minDuration": f"{search.longer_than_ms:g}ms",
        "limit": search.most, "start": int(search.since * 1e6), "end": int(time.time() * 1e6),
    }
    return [one.field("traceID").text() for one in _traces(f"{url}/api/traces?{urlencode(asked)}")]


def _traces(url: str) -> list[Node]:
    """What Jaeger answers there; none for a trace that it does not have. Raises LabError."""
    try:
        answer = get(url, timeout_s=TIMEOUT_S)
    except Unreachable as error:
        raise NotReady("Jaeger does not answer", detail=error.detail, hint="labctl why jaeger") from None
    if answer.status == UNKNOWN:
        return []
    document = answer.document("Jaeger", f"labctl logs {JAEGER.name}")
    if answer.status != OK:
        raise LabError(f"Jaeger refused: {answer.status}", detail=answer.excerpt(), hint=f"labctl logs {JAEGER.name}")
    traces = document.field("data")
    if not traces.present:              # an empty result is a list too
        raise traces.wrong("a list")
    return traces.items()


def absence(known: Known, now: float | None = None) -> Absence:
    """Why Jaeger does not have it."""
    if known.ended is None:
        return Absence.SAMPLED_OUT if known.sampling else Absence.NO_SUCH_TRACE
    if known.trace_id.startswith(UP):
        return Absence.OF_UP
    if (time.time() if now is None else now) - known.ended < ON_ITS_WAY_S:
        return Absence.NOT_YET
    restarted = known.jaeger_started is not None and known.jaeger_started > known.ended
    return Absence.RESTARTED if restarted else Absence.EVICTED_OR_DROPPED


_WORDS: Final = {
    Absence.NO_SUCH_TRACE: ("the viewer does not have it either", "labctl trace slowest"),
    Absence.SAMPLED_OUT: ("sampling is on and may have dropped it: the viewer does not have it either", "labctl config"),
    Absence.OF_UP: ("labctl writes the trace of an `up` only to the viewer", "labctl trace {id}"),
    Absence.NOT_YET: (f"it ended less than {ON_ITS_WAY_S:g} s ago and may be on its way", "labctl trace {id} --in jaeger"),
    Absence.RESTARTED: (
        "Jaeger started after the trace ended, and keeps traces only in memory; the viewer has it", "labctl trace {id}",
    ),
    Absence.EVICTED_OR_DROPPED: (
        "the viewer has it: Jaeger has evicted it to store newer ones, or the collector's queue to Jaeger was full",
        "labctl trace {id}",
    ),
}


def error(found: JaegerTrace) -> LabError:
    """Of a trace that is not there."""
    assert found.absence
    words, hint = _WORDS[found.absence]
    return LabError(
        f"Jaeger does not have the trace {found.trace_id}", detail=words, hint=hint.format(id=found.trace_id),
    )
