"""What stands beside the spans of a waterfall, in one answer: logs, events, values of metrics, losses, and the first span whole.

    GET /api/page/traces/<trace id>/beside?span=<span id>
    {"logs": [<as in `query.logs`>, …], "events": [[span id, ns since the span's start], …] | null,
     "exemplars": [{"service", "name", "type", "unit", "time": <Unix s>, "value", "span_id"}, …],
     "losses": <as in `load_runs.losses`, of the trace's run>, "span_id": <that of `spans`>, "spans": [<as in `waterfall`>, …]}
    GET /api/page/traces/<trace id>/events       {"events": [as above]}, where they were null: the trace is large

`spans` are those of the span that is asked for, or of a small trace's first root; [] where there is none.
"""

from typing import Any, Final

from labctl.telemetry.http.messages import HTTPProblem
from labctl.telemetry.otlp.attributes import number
from labctl.telemetry.page.load_runs import losses
from labctl.telemetry.page.waterfall import LARGE, cut, spans
from labctl.telemetry.query import logs
from labctl.telemetry.query.ids import OF_A_TRACE
from labctl.telemetry.query.traces import count
from labctl.telemetry.store.store import Store

MOST_EVENTS: Final = 20_000
LOOKED_AT: Final = 200_000              # exemplars, the latest: no index finds those of a trace
MOST_EXEMPLARS: Final = 500
_EVENT: Final = "instr(raw, x'5a')"     # the byte before each event of an encoded span: others are not decoded


def beside(store: Store, trace_id: bytes, span_id: bytes | None) -> dict[str, Any]:
    told, is_large = losses.of_run(store, trace_id.hex()), count(store, trace_id) > LARGE
    span_id = span_id or (b"" if is_large else _first(store, trace_id))
    return {
        "logs": logs.logs(store, trace_id), "events": None if is_large else events(store, trace_id),
        "exemplars": exemplars(store, trace_id), "losses": told.as_json() if told else None,
        "span_id": span_id.hex(), "spans": _whole(store, trace_id, span_id),
    }


def events(store: Store, trace_id: bytes) -> list[list[Any]]:
    rows = store.read(
        f"SELECT span_id, start, event_times(raw) AS times FROM spans WHERE {OF_A_TRACE} AND {_EVENT} AND times != '' LIMIT ?",
        (trace_id, MOST_EVENTS))
    found = [[span_id.hex(), int(time) - start] for span_id, start, times in rows for time in times.split()]
    return found[:MOST_EVENTS]


def exemplars(store: Store, trace_id: bytes) -> list[dict[str, Any]]:
    """Values of metrics that were measured in the trace, of those that arrived last."""
    rows = store.read(
        "SELECT service, name, type, unit, time, value, span_id FROM exemplars JOIN series ON series.id = exemplars.series"
        " JOIN resources ON resources.id = series.resource"
        " WHERE exemplars.rowid > (SELECT coalesce(max(rowid), 0) FROM exemplars) - ? AND trace_id = ? LIMIT ?",
        (LOOKED_AT, trace_id, MOST_EXEMPLARS))
    return [
        {"service": service, "name": cut(name), "type": type_, "unit": cut(unit), "time": time / 1e9,
         "value": number(float(value)), "span_id": span_id.hex()}
        for service, name, type_, unit, time, value, span_id in rows
    ]


def _first(store: Store, trace_id: bytes) -> bytes:
    roots = f"spans WHERE {OF_A_TRACE} AND parent_id = x''"
    rows = store.read(f"SELECT span_id FROM {roots} ORDER BY start, rowid LIMIT 1", (trace_id,))
    return rows[0][0] if rows else b""


def _whole(store: Store, trace_id: bytes, span_id: bytes) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = spans(store, trace_id, span_id)["spans"]
    except HTTPProblem:                 # there is none
        return []
    return found
