"""The viewer's queries, as labctl's commands need them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from labctl.errors import LabError, NotReady, UsageError
from labctl.host.background_task import BackgroundTask
from labctl.host.documents import Node
from labctl.host.http import Answer, Unreachable, get
from labctl.telemetry.comparison.span_page import SpanPage
from labctl.telemetry.trace import RunSpan, Trace

OK, UNKNOWN = 200, 404
TIMEOUT_S = 10.0
WHOLE_S = 20.0                          # more for a trace that is looked up, whose hundred thousand spans can be 40 MB
UP = "1abc7100" * 2
"""Prefix of the ids of the traces that `up` writes."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """Series, and how many of an instance are not among them, because the viewer has too many for one answer."""

    series: list[dict[str, Any]]
    left_out: int = 0


class ViewerClient:
    """A viewer by its base URL. Every call raises NotReady when it does not answer, LabError when it refuses."""

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        self._url = url
        self._timeout_s = timeout_s

    def trace(
        self, trace_id: str, *, spans: int = 1, wait: float = 0.0, attributes: str = "all", more_s: float = 0.0,
    ) -> Trace | None:
        """One trace, None when there is none. Waits up to `wait` seconds until it has `spans` spans.

        With `attributes` "failed" only failed spans and roots have attributes, which is all that a waterfall needs.
        """
        answer = self._get(f"/api/traces/{trace_id}", more_s, spans=spans, wait=f"{wait:.3f}", attributes=attributes)
        return None if answer.status == UNKNOWN else _trace(_checked(answer))

    def traces(self, *, run: str = "", without: str = "", sort: str = "slowest", limit: int = 1) -> list[dict[str, Any]]:
        """The traces whose ids begin with `run`, but not with `without`."""
        return _list(_checked(self._get("/api/traces", run=run, without=without, sort=sort, limit=limit)), "traces")

    def run_counts(self, prefix: str, *, only: str = "") -> dict[str, Any]:
        """With `only` "spans" no more than their number, which takes a tenth of the time."""
        return _mapping(_checked(self._get(f"/api/runs/{prefix}", only=only)))

    def run_spans(self, prefix: str) -> Iterator[RunSpan]:
        """Every stored span whose trace id begins with `prefix`, in the order in which they were stored."""
        after, more = 0, True
        while more:
            spans, after, more = self.run_spans_after(prefix, after)
            yield from spans

    def run_spans_after(self, prefix: str, after: int = 0) -> tuple[list[RunSpan], int, bool]:
        """The spans stored since the cursor `after` (0: all), the next cursor, and whether there is another page."""
        document = _checked(self._get(f"/api/runs/{prefix}/spans", after=after))
        try:
            return [RunSpan(*row) for row in document.value["spans"]], int(document.value["after"]), bool(document.value["more"])
        except (KeyError, TypeError, ValueError):
            raise document.wrong("spans of a run", "labctl status") from None

    def span_pages(self, prefix: str = "", *, since: float = 0.0, share: float = 1.0) -> Iterator[SpanPage]:
        """The spans with times and attributes whose trace id begins with `prefix`, from `since` (Unix seconds) on.

        Of about `share` of the traces. The next page is asked for while the caller works on the one before.
        """
        def page(after: str) -> SpanPage:
            answer = self._get("/api/spans", run=prefix, since=f"{since:.3f}", share=f"{share:.6f}", after=after)
            if answer.status == UNKNOWN:
                raise LabError("the viewer that runs is older than this labctl, and cannot tell spans apart", hint="labctl up")
            document = _checked(answer)
            try:
                return SpanPage.from_json(document.value)
            except (KeyError, TypeError, ValueError):
                raise document.wrong("spans in columns", "labctl status") from None

        found = page("")
        while found.after:
            following = BackgroundTask(partial(page, found.after))
            yield found
            found = following.result()
        yield found

    def metrics(
        self, *names: str, since_s: float | str = "", window_s: float | str = "", slots: int | str = "",
    ) -> Metrics:
        """The series of those names, or all.

        With `since_s` (Unix seconds) also each instance's points since then; with `window_s` how each series has changed in the
        last seconds, in `slots` parts.
        """
        answer = _checked(self._get("/api/metrics", name=",".join(names), since=since_s, window=window_s, slots=slots))
        if answer.field("left_out").value is None and len(names) > 1:
            raise LabError("the viewer that runs is older than this labctl, and takes one name alone", hint="labctl up")
        return Metrics(_list(answer, "series"), answer.field("left_out").integer(0))

    def store_put_aside(self) -> str:
        """The name of a store file that the viewer could not use and replaced, or ""."""
        return _checked(self._get("/health")).field("store_put_aside").text("")

    def store_cannot_write(self) -> str:
        """Why the viewer cannot store what it is sent now, or ""."""
        return _checked(self._get("/health")).field("store_cannot_write").text("")

    def health(self) -> dict[str, Any]:
        return _mapping(_checked(self._get("/health")))

    def counts(self, *, only: str = "") -> dict[str, Any]:
        """What is stored (with `only` "spans" no more than their number), and what was received since the viewer started."""
        return _mapping(_checked(self._get("/api/counts", only=only)))

    def volume(self) -> dict[str, Any]:
        """The bytes received since the viewer started, by signal and service."""
        return _mapping(_checked(self._get("/api/volume")))

    def alerts(self) -> list[dict[str, Any]]:
        """What Alertmanager has told it, the newest first."""
        return _list(_checked(self._get("/api/alerts")), "alerts")

    def annotations(self, *, begin: float = 0.0, end: float | None = None) -> dict[str, Any]:
        """As GET /api/annotations answers, of those that overlap the time in Unix seconds."""
        until = "" if end is None else f"{end:.3f}"
        return _mapping(_checked(self._get("/api/annotations", begin=f"{begin:.3f}", end=until)))

    def _get(self, path: str, more_s: float = 0.0, **parameters: object) -> Answer:
        wanted = {name: value for name, value in parameters.items() if value != ""}
        wait = float(str(wanted.get("wait", 0)))
        try:
            return get(f"{self._url}{path}?{urlencode(wanted)}", timeout_s=self._timeout_s + wait + more_s)
        except Unreachable as error:
            raise NotReady(f"the viewer does not answer: {self._url}", detail=error.detail, hint="labctl status") from None


def _checked(answer: Answer) -> Node:
    document = answer.document()
    if answer.status != OK:
        title = document.field("title").text(str(answer.status))
        raise LabError(f"the viewer refused: {title}", detail=document.field("detail").text(""))
    return document


def _mapping(document: Node) -> dict[str, Any]:
    if not document.fields():
        raise document.wrong("a viewer's answer", "labctl status")
    return dict(document.value)


def _list(document: Node, name: str) -> list[dict[str, Any]]:
    if not isinstance(document.field(name).value, list):
        raise document.field(name).wrong("a list", "labctl status")
    return [dict(item.value) for item in document.field(name).items() if item.fields()]


def _trace(document: Node) -> Trace:
    try:
        return Trace.from_json(document.value)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise document.wrong("a trace", "labctl status") from None


@dataclass(frozen=True, slots=True)
class TracedRun:
    """The load run whose slowest request is looked for."""

    prefix: str = ""                    # of its traces' ids; "": any run's
    slowest: Sequence[str] = ()         # trace ids, in the run's own order: by latency since a request was due
    kept: bool = True                   # False: no kept run's id begins with `prefix`
    sampled_out: bool = False           # of its slowest request there is no trace

    def instead(self, trace_id: str) -> str:
        """What has to be said of a trace that is not its slowest request's; "": it is."""
        if self.sampled_out:
            return "the run's slowest request was sampled out: this is the slowest one that was kept"
        if self.slowest and trace_id != self.slowest[0]:
            return "the viewer does not have the trace of the run's slowest request: this is another one of the run"
        return ""


def look_up(
    viewer: ViewerClient, which: str, *, run: TracedRun = TracedRun(), keeps: str = "", attributes: str = "all",
) -> Trace:
    """The trace that `which` names: an id, a prefix of one, `slowest` (of `run`), or `up`. Raises LabError when there is none.

    `keeps` says how much telemetry the viewer keeps, as the detail of that error.
    """
    for trace_id in _ids(viewer, which, run):
        if trace := viewer.trace(trace_id, attributes=attributes, more_s=WHOLE_S):
            return trace
    raise _missing(which, run, keeps)


def _ids(viewer: ViewerClient, which: str, run: TracedRun) -> Iterator[str]:
    """The trace that is meant, and others in its place."""
    if which == "up":
        yield from _listed(viewer.traces(run=UP, sort="recent"))
    elif which == "slowest":
        yield from run.slowest
        yield from _listed(viewer.traces(run=run.prefix, without=UP))        # an `up` is slower than any request
    elif not re.fullmatch("[0-9a-fA-F]{4,32}", which):
        raise UsageError(f"{which} is neither a trace id nor slowest nor up", hint="labctl trace slowest")
    elif len(which) == 32:  # noqa: PLR2004 - a whole id
        yield which.lower()
    else:
        found = _listed(viewer.traces(run=which.lower(), limit=2))
        if len(found) > 1:
            raise LabError(f"more than one trace begins with {which}", detail="\n".join(found))
        yield from found


def _listed(found: list[dict[str, Any]]) -> list[str]:
    return [str(one["trace_id"]) for one in found]


def _missing(which: str, run: TracedRun, keeps: str) -> LabError:
    if which == "up":
        return LabError("no `up` has written its trace into this viewer", hint="labctl up")
    if which != "slowest":
        return LabError(f"there is no trace {which}", detail=keeps, hint="labctl trace slowest")
    if not run.kept:
        return UsageError(f"no kept run begins with {run.prefix}, and no trace in the viewer", hint="labctl runs")
    of_run = f" of the run {run.prefix}" if run.prefix else ""
    return LabError(f"the viewer has no trace{of_run}", detail=keeps, hint="labctl load")
