"""The page's addresses besides its files: the live stream, and the queries of its views.

What the first view does not need is imported when it is asked for: the page is drawn sooner.
"""

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from labctl.telemetry.files import LOADED_AT
from labctl.telemetry.hops.pipeline import Pipeline
from labctl.telemetry.http.guard import Guard
from labctl.telemetry.http.messages import HTTPProblem, HttpRequest, Reply
from labctl.telemetry.http.parameters import Parameters, parameters, whole
from labctl.telemetry.page import beside_trace, overview, roots, search, series, stored, told, waterfall
from labctl.telemetry.page.backwards import RowsWanted
from labctl.telemetry.page.compared_roots import CellSelection
from labctl.telemetry.page.language.completion import complete
from labctl.telemetry.page.language.unknown import unknown
from labctl.telemetry.page.language.vocabulary import Vocabularies
from labctl.telemetry.page.language.words import MOST_TEXT, QueryProblem
from labctl.telemetry.page.live import Live
from labctl.telemetry.page.load_runs import answers
from labctl.telemetry.page.logs import tail
from labctl.telemetry.query import metrics
from labctl.telemetry.query.metrics import MetricQuery
from labctl.telemetry.query.recent import Window
from labctl.telemetry.query.turns import Turns
from labctl.telemetry.receive import alerts, annotations
from labctl.telemetry.receive.intake import Intake
from labctl.telemetry.store.store import Store, Unavailable

if TYPE_CHECKING:
    from labctl.telemetry.files.reading.loads import Loads
    from labctl.telemetry.files.writing.exports import Exports

LATEST_MS = 9 * 10**12                  # Unix milliseconds
LONGEST_NS = (1 << 63) - 1
LATEST_ROW = 10**12
LONGEST_MINUTES = 7 * 24 * 60
METRIC_SLOTS = 60
MOST_LISTED = 200                       # traces or records of one answer
LARGE = 1 << 16                         # bytes of an answer that counts towards the budget
FIRST_S = 0.15                          # that a page is drawn later, so as to know at once who answers
HEX_TRACE, HEX_SPAN = "([0-9a-fA-F]{32})", "([0-9a-fA-F]{16})"
_QUIET = (("cache-control", "no-store"), ("cross-origin-resource-policy", "same-origin"))


@dataclass(frozen=True, slots=True)
class _Route:
    path: re.Pattern[str]
    answer: Callable[..., Any]
    turns: Turns


class PageAnswers:
    def __init__(self, store: Store, intake: Intake, guard: Guard, loads: "Loads | None" = None) -> None:
        self._store = store
        self._sources = overview.Sources(store, intake, guard, Pipeline(store))
        self._live = Live(partial(overview.now, self._sources))
        self._loads, self._loading = loads, threading.Lock()
        self._vocabularies = Vocabularies(store)
        routes: dict[str, Callable[..., Any]] = {
            "now": lambda _: overview.now(self._sources, FIRST_S),
            "told": lambda _: told.told(store),
            "stored": lambda _: stored.stored(store, overview.UP),
            "annotations": lambda asked: annotations.asked(store, asked),
            "alerts": lambda _: alerts.listed(store),
            "heatmap": self._heatmap,
            "requests": self._requests,
            "last-request": lambda _: {"start": roots.last_request(store, time.time(), overview.UP)},
            "traces": self._search,
            "complete": self._complete,
            "unknown": self._unknown,
            "metrics": lambda _: series.catalogue(store),
            "metric": self._metric,
            "values": self._values,
            "logs": self._logs,
            "logs/([0-9]{1,15})": lambda asked, row: tail.record(store, int(row), whole="whole" in asked),
            f"traces/{HEX_TRACE}": lambda _, trace: waterfall.waterfall(store, bytes.fromhex(trace)),
            f"traces/{HEX_TRACE}/events": lambda _, trace: {"events": beside_trace.events(store, bytes.fromhex(trace))},
            f"traces/{HEX_TRACE}/spans/{HEX_SPAN}": lambda asked, trace, span: waterfall.spans(
                store, bytes.fromhex(trace), bytes.fromhex(span), whole="whole" in asked),
        }
        slow = {"apart": self._apart, **answers.routes(store)}
        beside = {f"traces/{HEX_TRACE}/beside": self._beside}
        # turns of their own: labctl's queries do not wait for those of a page, nor what is quick for what takes a second
        self._routes = [
            _Route(re.compile(f"/api/page/{path}"), answer, turns)
            for turns, some in ((Turns(), routes), (Turns(), slow), (Turns(), beside)) for path, answer in some.items()
        ]

    def __call__(self, request: HttpRequest) -> Reply:
        path = request.path
        if path == LOADED_AT or path.startswith(f"{LOADED_AT}/"):
            return self._uploads().reply(request)
        if request.method != "GET":
            raise HTTPProblem(405, "only GET is answered here")
        if path == "/api/live":
            return self._live.reply()
        if path == "/api/page/export":
            return self._exports.reply(request)
        for route in self._routes:
            if match := route.path.fullmatch(path):
                try:
                    return Reply(200, self._body(request, route, match.groups()), headers=_QUIET)
                except Unavailable as error:
                    raise HTTPProblem(503, "the store cannot be read now", str(error), retry_after_s=1) from None
        raise HTTPProblem(404, "not found", f"unknown path {path[:200]}")

    def _body(self, request: HttpRequest, route: _Route, words: tuple[str, ...]) -> bytes:
        with route.turns.one():
            try:
                found = route.answer(parameters(request), *words)
            except QueryProblem as problem:             # an error's status would be an error in the browser's console too
                found = {"problem": problem.title, "detail": problem.detail, "begin": problem.begin, "end": problem.end}
            body = found if isinstance(found, bytes) else json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()
            if len(body) > LARGE:
                request.charge(len(body))
            return body

    def _uploads(self) -> "Loads":
        from labctl.telemetry.files.reading.loads import Loads

        with self._loading:
            self._loads = self._loads or Loads(self._store)
            return self._loads

    @cached_property
    def _exports(self) -> "Exports":
        from labctl.telemetry.files.writing.exports import Exports

        return Exports(self._store)

    def _heatmap(self, asked: Parameters) -> dict[str, Any]:
        times = _times(asked)
        if -(-(times.end_ms - times.begin_ms) // times.width_ms) > roots.MOST_COLUMNS:
            raise HTTPProblem(400, f"at most {roots.MOST_COLUMNS} columns at once")
        return roots.heatmap(self._store, times, self._of_roots(asked, times))

    def _requests(self, asked: Parameters) -> dict[str, Any]:
        times = _times(asked)
        return roots.requests(self._store, times, _durations(asked), self._of_roots(asked, times))

    def _apart(self, asked: Parameters) -> dict[str, Any]:
        from labctl.telemetry.page import apart

        window = _times(asked)
        selection = CellSelection(window, _times(asked, "from", "to"), _durations(asked), self._of_roots(asked, window))
        return apart.apart(self._store, selection)

    def _beside(self, asked: Parameters, trace: str) -> dict[str, Any]:
        span = re.fullmatch(HEX_SPAN, asked.get("span", ""))
        return beside_trace.beside(self._store, bytes.fromhex(trace), bytes.fromhex(span[0]) if span else None)

    def _of_roots(self, asked: Parameters, times: roots.Times) -> search.SearchCondition:
        return search.of_roots(asked.get("query", ""), self._store, times.begin_ms, times.end_ms)

    def _complete(self, asked: Parameters) -> dict[str, Any]:
        at = min(whole(asked, "at", 0, LATEST_ROW, least=0), MOST_TEXT)
        return complete(self._vocabularies.now(), asked.get("query", ""), at)

    def _unknown(self, asked: Parameters) -> dict[str, Any]:
        return unknown(self._vocabularies.now(), asked.get("query", ""))

    def _metric(self, asked: Parameters) -> dict[str, Any]:
        end = whole(asked, "end", int(time.time() * 1000), LATEST_MS) * 10**6
        window = Window(end - whole(asked, "minutes", 10, LONGEST_MINUTES) * 60 * 10**9, end, METRIC_SLOTS)
        on = tuple(one for one in asked.get("on", "").split(",") if one)
        return series.metric(self._store, series.SeriesWanted(
            asked.get("name", ""), asked.get("service", ""), asked.get("type", ""), on, window))

    def _values(self, asked: Parameters) -> dict[str, Any]:
        """The metrics of these names over the last minute, as /api/metrics."""
        names = [name for name in asked.get("name", "").split(",") if name]
        if not 0 < len(names) <= MOST_LISTED:
            raise HTTPProblem(400, f"name must be one to {MOST_LISTED} names")
        now = time.time_ns()
        found = metrics.metrics(self._store, MetricQuery(names, window=Window(now - 60 * 10**9, now, 1)))
        return {"series": found.series, "left_out": found.left_out}

    def _search(self, asked: Parameters) -> dict[str, Any]:
        return search.search(self._store, asked.get("query", ""), _part(asked, 50), asked.get("service", ""))

    def _logs(self, asked: Parameters) -> dict[str, Any]:
        wanted = tail.condition(asked)
        if "until" not in asked:
            return tail.tail(self._store, wanted, _part(asked, MOST_LISTED))
        until, limit = whole(asked, "until", 0, LATEST_MS, least=0), whole(asked, "limit", MOST_LISTED, MOST_LISTED)
        return tail.up_to(self._store, wanted, until, limit, asked.get("before"))


def _part(asked: Parameters, limit: int) -> RowsWanted:
    before = whole(asked, "before", 0, LATEST_ROW, least=0) if "before" in asked else None
    return RowsWanted(whole(asked, "limit", limit, MOST_LISTED), before, whole(asked, "after", 0, LATEST_ROW, least=0))


def _durations(asked: Parameters) -> tuple[int, int]:
    return whole(asked, "low", 0, LONGEST_NS, least=0), whole(asked, "high", LONGEST_NS, LONGEST_NS, least=0)


def _times(asked: Parameters, first: str = "begin", last: str = "end") -> roots.Times:
    begin, end = (whole(asked, name, 0, LATEST_MS, least=0) for name in (first, last))
    return roots.Times(begin, end, max(whole(asked, "width", 1000, LATEST_MS, least=0), 1))
