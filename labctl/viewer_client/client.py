"""The viewer's queries, as labctl's commands need them."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from labctl.errors import LabError, NotReady, UsageError
from labctl.host.documents import Node
from labctl.host.http import Answer, Unreachable, get
from labctl.telemetry.trace import RunSpan, Trace

OK, UNKNOWN = 200, 404
TIMEOUT_S = 10.0
UP = "1abc7100" * 2
"""Prefix of the ids of the traces that `up` writes."""


class ViewerClient:
    """A viewer by its base URL. Every call raises NotReady when it does not answer, LabError when it refuses."""

    def __init__(self, url: str) -> None:
        self._url = url

    def trace(self, trace_id: str, *, spans: int = 1, wait: float = 0.0, attributes: str = "all") -> Trace | None:
        """One trace, None when there is none. Waits up to `wait` seconds until it has `spans` spans.

        With `attributes` "failed" only failed spans have attributes, which is all that a waterfall needs.
        """
        answer = self._get(f"/api/traces/{trace_id}", spans=spans, wait=f"{wait:.3f}", attributes=attributes)
        return None if answer.status == UNKNOWN else _trace(_checked(answer))

    def traces(self, *, run: str = "", without: str = "", sort: str = "slowest", limit: int = 1) -> list[dict[str, Any]]:
        """The traces whose ids begin with `run`, but not with `without`."""
        return _list(_checked(self._get("/api/traces", run=run, without=without, sort=sort, limit=limit)), "traces")

    def run_counts(self, prefix: str) -> dict[str, Any]:
        return _mapping(_checked(self._get(f"/api/runs/{prefix}")))

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

    def metrics(self, name: str = "") -> list[dict[str, Any]]:
        return _list(_checked(self._get("/api/metrics", name=name)), "series")

    def store_put_aside(self) -> str:
        """The name of a store file that the viewer could not use and replaced, or ""."""
        return _checked(self._get("/health")).field("store_put_aside").text("")

    def store_cannot_write(self) -> str:
        """Why the viewer cannot store what it is sent now, or ""."""
        return _checked(self._get("/health")).field("store_cannot_write").text("")

    def counts(self) -> dict[str, Any]:
        return _mapping(_checked(self._get("/api/counts")))

    def _get(self, path: str, **parameters: object) -> Answer:
        wanted = {name: value for name, value in parameters.items() if value != ""}
        wait = float(str(wanted.get("wait", 0)))
        try:
            return get(f"{self._url}{path}?{urlencode(wanted)}", timeout_s=TIMEOUT_S + wait)
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


def look_up(viewer: ViewerClient, which: str, run: str | None, attributes: str = "all") -> Trace:
    """The trace that `which` names: an id, a prefix of one, `slowest`, or `up`. Raises LabError when there is none."""
    trace_id = _id(viewer, which, run or "")
    trace = viewer.trace(trace_id, attributes=attributes)
    if trace is None:
        raise LabError(f"there is no trace {trace_id}", hint="labctl trace slowest")
    return trace


def _id(viewer: ViewerClient, which: str, run: str) -> str:
    if which == "up":
        return _first(viewer.traces(run=UP, sort="recent"), "no `up` has written its trace into this viewer", "labctl up")
    if which == "slowest":
        # an `up` is slower than any request
        return _first(viewer.traces(run=run, without=UP), f"there is no trace {run}".rstrip(), "labctl load")
    if not re.fullmatch("[0-9a-fA-F]{4,32}", which):
        raise UsageError(f"{which} is neither a trace id nor slowest nor up", hint="labctl trace slowest")
    if len(which) == 32:  # noqa: PLR2004 - a whole id
        return which.lower()
    found = viewer.traces(run=which.lower(), limit=2)
    if len(found) > 1:
        raise LabError(f"more than one trace begins with {which}", detail="\n".join(one["trace_id"] for one in found))
    return _first(found, f"there is no trace {which}", "labctl load")


def _first(found: list[dict[str, Any]], otherwise: str, hint: str) -> str:
    if not found:
        raise LabError(otherwise, hint=hint)
    return str(found[0]["trace_id"])
