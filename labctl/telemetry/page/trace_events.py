"""What stands beside the spans of a waterfall: their events, and the values of metrics that were measured in them.

GET /api/page/traces/<trace id>/events gives {"events": [[span id, ns since the span's start], …]}, and .../exemplars
{"exemplars": [{"service", "name", "type", "unit", "time": <Unix s>, "value", "span_id"}, …]}.
"""

from typing import Any, Final

from labctl.telemetry.otlp.attributes import number
from labctl.telemetry.page.waterfall import cut
from labctl.telemetry.query.ids import OF_A_TRACE
from labctl.telemetry.store.store import Store

MOST_EVENTS: Final = 20_000
LOOKED_AT: Final = 200_000              # exemplars, the latest: no index finds those of a trace
MOST_EXEMPLARS: Final = 500
_EVENT: Final = "instr(raw, x'5a')"     # the byte before each event of an encoded span: others are not decoded


def events(store: Store, trace_id: bytes) -> dict[str, Any]:
    rows = store.read(
        f"SELECT span_id, start, event_times(raw) AS times FROM spans WHERE {OF_A_TRACE} AND {_EVENT} AND times != '' LIMIT ?",
        (trace_id, MOST_EVENTS))
    found = [[span_id.hex(), int(time) - start] for span_id, start, times in rows for time in times.split()]
    return {"events": found[:MOST_EVENTS]}


def exemplars(store: Store, trace_id: bytes) -> dict[str, Any]:
    """Values of metrics that were measured in the trace, of those that arrived last."""
    rows = store.read(
        "SELECT service, name, type, unit, time, value, span_id FROM exemplars JOIN series ON series.id = exemplars.series"
        " JOIN resources ON resources.id = series.resource"
        " WHERE exemplars.rowid > (SELECT coalesce(max(rowid), 0) FROM exemplars) - ? AND trace_id = ? LIMIT ?",
        (LOOKED_AT, trace_id, MOST_EXEMPLARS))
    return {"exemplars": [
        {"service": service, "name": cut(name), "type": type_, "unit": cut(unit), "time": time / 1e9,
         "value": number(float(value)), "span_id": span_id.hex()}
        for service, name, type_, unit, time, value, span_id in rows
    ]}
