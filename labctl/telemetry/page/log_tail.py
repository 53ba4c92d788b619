"""Log records for the page: by severity, text, service and trace, the ones that arrived last first.

GET /api/page/logs?level=<least>&text=<contained>&service=&trace_id=&before=<cursor>&limit= gives
{"logs": [{"row", "time", "severity", "body", "trace_id", "span_id", "service"}, …], "before": <cursor> | null, "searched"}
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from labctl.telemetry.http.messages import HTTPProblem
from labctl.telemetry.http.parameters import Parameters
from labctl.telemetry.page.backwards import Part, backwards
from labctl.telemetry.page.language.condition import SearchCondition
from labctl.telemetry.store.store import Store

MOST_BODY: Final = 4000                 # characters of one
LEVELS: Final = ("trace", "debug", "info", "warn", "error", "fatal")
_ALSO: Final = {"warn": ("warning",), "info": ("information", "notice"), "fatal": ("critical", "emergency", "alert", "panic")}


def condition(asked: Parameters) -> SearchCondition:
    """Raises HTTPProblem."""
    found = SearchCondition()
    if level := asked.get("level"):
        if level not in LEVELS:
            raise HTTPProblem(400, f"level is one of {', '.join(LEVELS)}")
        names = [name for one in LEVELS[LEVELS.index(level):] for name in (one, *_ALSO.get(one, ()))]
        found.add(f"lower(severity) IN ({','.join('?' * len(names))})", *names)
    if text := asked.get("text"):
        found.add("instr(lower(body), lower(?))", text[:1000])
    if service := asked.get("service"):
        found.add("resource IN (SELECT id FROM resources WHERE service = ?)", service)
    if trace_id := asked.get("trace_id"):
        if not re.fullmatch("[0-9a-fA-F]{32}", trace_id):
            raise HTTPProblem(400, "trace_id must be 32 hex digits")
        found.add("trace_id = ?", bytes.fromhex(trace_id))
    return found


def tail(store: Store, wanted: SearchCondition, part: Part) -> dict[str, Any]:
    def read(lower: int, upper: int) -> Iterator[tuple[int, Any]]:
        query = (f"SELECT rowid, time, severity, substr(body, 1, {MOST_BODY}), trace_id, span_id, resource FROM logs"
                 f" WHERE rowid > ? AND rowid <= ?{wanted.sql} ORDER BY rowid DESC LIMIT {part.limit}")
        for rows in store.batches(query, (lower, upper, *wanted.values)):
            yield from ((row[0], tuple(row)) for row in rows)

    found = backwards(store, "logs", part, read)
    services = {number: store.read("SELECT service FROM resources WHERE id = ?", (number,))[0][0]
                for number in {row[6] for row in found.items}}
    return {**found.progress(), "logs": [
        {"row": row, "time": time / 1e9, "severity": severity[:40], "body": body, "trace_id": trace.hex(), "span_id": span.hex(),
         "service": services[resource]}
        for row, time, severity, body, trace, span, resource in found.items
    ]}
