"""The viewer's HTTP API: the OTLP/HTTP receiver, and the queries.

Subtle: an answer can be as large as what strangers have sent. So those that can be take turns, and count towards a budget.
"""

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from labctl.telemetry.http.guard import Guard
from labctl.telemetry.http.messages import HTTPProblem, HttpRequest, Reply
from labctl.telemetry.http.parameters import Parameters, number, parameters, whole
from labctl.telemetry.query import counts, logs, metrics, span_pages, traces
from labctl.telemetry.query.metrics import MetricQuery
from labctl.telemetry.query.recent import Window
from labctl.telemetry.query.run_spans import MOST_ROWS, run_spans
from labctl.telemetry.query.turns import Turns
from labctl.telemetry.receive import alerts, annotations
from labctl.telemetry.receive.collector_metrics_health import METRICS_TEXT
from labctl.telemetry.receive.intake import Intake
from labctl.telemetry.receive.intake_counts import STARTED, own_metrics, received
from labctl.telemetry.receive.otlp_http import PATHS, receive
from labctl.telemetry.store.store import Store, Unavailable

LONGEST_WAIT_S = 30.0
POLL_S = 0.005                          # between two looks of all who wait for spans, together
MOST_WAITING = 64                       # for spans; others are answered at once
LARGE = 1 << 16                         # bytes of an answer that counts towards the budget
LATEST_S = 9e9                          # Unix seconds, of which a 64-bit number of nanoseconds can hold a few more
MOST_LISTED = 1000
MOST_NAMES = 100
LONGEST_WINDOW_S = 1e7
OK = 200
TOLD = {alerts.PATH: alerts.receive, annotations.PATH: annotations.receive}


@dataclass(frozen=True, slots=True)
class _Route:
    path: re.Pattern[str]
    answer: Callable[..., Any]
    small: bool = False                 # its answer, whatever is stored
    before: Callable[..., None] = lambda *_: None           # its turn


class App:
    def __init__(self, store: Store, intake: Intake, guard: Guard | None = None) -> None:
        self._store = store
        self._intake = intake
        self._guard = guard or Guard()
        self.ready: Callable[[], bool] = lambda: False
        self._turns = Turns()
        self._waiting: set[int] = set()                 # threads
        self._routes = (
            _Route(re.compile("/health"), self._health, small=True),
            _Route(re.compile("/api/traces/([0-9a-fA-F]{32})"), self._trace, before=self._await_spans),
            _Route(re.compile("/api/traces"), self._traces),
            _Route(re.compile("/api/runs/([0-9a-fA-F]{1,32})"), self._run),
            _Route(re.compile("/api/runs/([0-9a-fA-F]{1,32})/spans"), self._run_spans),
            _Route(re.compile("/api/spans"), self._spans),
            _Route(re.compile("/api/metrics"), self._metrics),
            _Route(re.compile("/api/logs"), self._logs),
            _Route(re.compile(alerts.PATH), lambda _: alerts.listed(self._store)),
            _Route(re.compile(annotations.PATH), lambda asked: annotations.asked(self._store, asked)),
            _Route(re.compile("/api/counts"), self._counts, small=True),
            _Route(re.compile("/api/volume"), self._volume, small=True),
        )

    def __call__(self, request: HttpRequest) -> Reply:
        if request.path in PATHS:
            return receive(self._intake, PATHS[request.path], request)
        if request.method == "POST" and request.path in TOLD:
            return TOLD[request.path](self._store, request)
        if request.path == "/metrics":
            return Reply(OK, own_metrics(self._intake), METRICS_TEXT)
        for route in self._routes:
            if match := route.path.fullmatch(request.path):
                if request.method != "GET":
                    raise HTTPProblem(405, "only GET is answered here")
                try:
                    return Reply(OK, self._body(request, route, match.groups()))
                except Unavailable as error:
                    raise HTTPProblem(503, "the store cannot be read now", str(error), retry_after_s=1) from None
        raise HTTPProblem(404, "not found", f"unknown path {request.path[:200]}")

    def _body(self, request: HttpRequest, route: _Route, words: tuple[str, ...]) -> bytes:
        asked = parameters(request)
        if route.small:
            return _json(route.answer(asked, *words))
        route.before(asked, *words)
        with self._turns.one():
            body = _json(route.answer(asked, *words))
            if len(body) > LARGE:
                request.charge(len(body))
            return body

    def _health(self, _: Parameters) -> dict[str, Any]:
        if not self.ready():
            raise HTTPProblem(503, "starting", "the gRPC listener is not up yet", retry_after_s=1)
        return {
            "status": "ok", "store_put_aside": self._store.put_aside, "store_cannot_write": self._store.cannot_write,
            "refused": self._guard.refusals.counts(),
        }

    def _await_spans(self, parameters: Parameters, trace_id: str) -> None:
        spans, wait = whole(parameters, "spans", 1, 10**6), number(parameters, "wait", LONGEST_WAIT_S) or 0.0
        if not wait or len(self._waiting) >= MOST_WAITING:
            return
        deadline = time.monotonic() + wait
        self._waiting.add(threading.get_ident())
        try:
            while traces.count(self._store, bytes.fromhex(trace_id)) < spans and time.monotonic() < deadline:
                time.sleep(POLL_S * len(self._waiting))
        finally:
            self._waiting.discard(threading.get_ident())

    def _trace(self, parameters: Parameters, trace_id: str) -> dict[str, Any]:
        identity = bytes.fromhex(trace_id)
        attributes = parameters.get("attributes", "all")
        if attributes not in {"all", "failed"}:
            raise HTTPProblem(400, "attributes must be all or failed")
        if traces.is_too_large(self._store, identity):
            raise HTTPProblem(422, "the trace is too large for one answer", f"at most {traces.MOST_SPANS} spans")
        found = traces.trace(self._store, identity, all_attributes=attributes == "all")
        if found is None:
            raise HTTPProblem(404, "there is no such trace", trace_id)
        return found.as_json()

    def _traces(self, parameters: Parameters) -> dict[str, Any]:
        sort, prefixes = parameters.get("sort", "recent"), [parameters.get(name, "") for name in ("run", "without")]
        if not all(re.fullmatch("[0-9a-fA-F]{0,32}", prefix) for prefix in prefixes):
            raise HTTPProblem(400, "run and without must be prefixes of a trace id", "up to 32 hex digits")
        if sort not in traces.SORTS:
            raise HTTPProblem(400, "sort must be slowest or recent")
        limit = whole(parameters, "limit", 20, MOST_LISTED)
        wanted = traces.TraceQuery(prefixes[0], sort, limit, parameters.get("service", ""), prefixes[1])
        return {"traces": traces.traces(self._store, wanted)}

    def _run(self, parameters: Parameters, prefix: str) -> dict[str, Any]:
        return (counts.run_span_count if _only_spans(parameters) else counts.run_counts)(self._store, prefix)

    def _run_spans(self, parameters: Parameters, prefix: str) -> dict[str, Any]:
        after, limit = number(parameters, "after", 1e18) or 0, whole(parameters, "limit", MOST_ROWS, MOST_ROWS)
        return run_spans(self._store, prefix, int(after), limit)

    def _spans(self, parameters: Parameters) -> dict[str, Any]:
        prefix, after = parameters.get("run", ""), span_pages.cursor(parameters.get("after", ""))
        if not re.fullmatch("[0-9a-fA-F]{0,32}", prefix):
            raise HTTPProblem(400, "run must be a prefix of a trace id", "up to 32 hex digits")
        if after is None:
            raise HTTPProblem(400, "after must be the cursor that the page before gave")
        since, share = number(parameters, "since", LATEST_S) or 0.0, number(parameters, "share", 1)
        limit = whole(parameters, "limit", span_pages.MOST_ROWS, span_pages.MOST_ROWS)
        wanted = span_pages.SpanQuery(prefix, int(since * 1e9), 1.0 if share is None else share, after, limit)
        return span_pages.span_page(self._store, wanted)

    def _metrics(self, parameters: Parameters) -> dict[str, Any]:
        since = number(parameters, "since", LATEST_S)
        since_ns = None if since is None else int(since * 1e9)
        names = [name for name in parameters.get("name", "").split(",") if name]
        if len(names) > MOST_NAMES:
            raise HTTPProblem(400, f"at most {MOST_NAMES} names at once")
        found = metrics.metrics(self._store, MetricQuery(names, parameters.get("service", ""), since_ns, _window(parameters)))
        return {"series": found.series, "left_out": found.left_out}

    def _logs(self, parameters: Parameters) -> dict[str, Any]:
        trace_id = parameters.get("trace_id", "")
        if not re.fullmatch("[0-9a-fA-F]{32}", trace_id):
            raise HTTPProblem(400, "trace_id must be 32 hex digits")
        return {"logs": logs.logs(self._store, bytes.fromhex(trace_id))}

    def _counts(self, parameters: Parameters) -> dict[str, Any]:
        stored = (counts.span_count if _only_spans(parameters) else counts.totals)(self._store)
        tokens = {"tokens": self._guard.tokens.ages()} if self._guard.tokens else {}
        return {**stored, "db_bytes": self._store.size(), **received(self._intake), **tokens}

    def _volume(self, _: Parameters) -> dict[str, Any]:
        """Since `started`, up to `at`, Unix seconds."""
        return {"started": STARTED, "at": time.time(), "signals": self._intake.volume.as_json()}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


def _only_spans(parameters: Parameters) -> bool:
    """Whether the number of spans is enough; to count traces takes seconds where there are millions of spans."""
    return parameters.get("only") == "spans"


def _window(parameters: Parameters) -> Window | None:
    """The last `window` seconds in `slots` parts."""
    seconds = number(parameters, "window", LONGEST_WINDOW_S)
    if not seconds:
        return None
    now = time.time_ns()
    return Window(now - max(int(seconds * 1e9), 1), now, whole(parameters, "slots", 20, MOST_LISTED))
