"""Log records for the page: by severity, text, service, trace and time, the newest first; and one with all that it has.

    GET /api/page/logs?level=<least>&text=<contained>&service=&trace_id=&span_id=&until=<Unix ms>
                      &before=<cursor>&after=<newest>&limit=
    {"logs": [{"row", "time", "severity", "body", "trace_id", "span_id", "service"}, …], "before": <cursor> | null, "newest",
     "searched", "left"}                           with `until` by their times, without it by their arrival
    GET /api/page/logs/<row>?whole=
    {… the same of one, "number", "observed": <Unix s> | null, "event", "attributes", "resource"}    long texts as those of a span

Subtle: a severity may be told by its text, by its number or by both; the text counts where it is known, or else the number.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from google.protobuf.message import DecodeError

from labctl.telemetry.http.messages import HTTPProblem
from labctl.telemetry.http.parameters import Parameters, whole
from labctl.telemetry.otlp import resource
from labctl.telemetry.otlp.attributes import table
from labctl.telemetry.otlp.matching import severity_number
from labctl.telemetry.otlp.messages import message, text
from labctl.telemetry.page import waterfall
from labctl.telemetry.page.backwards import RowsWanted, backwards
from labctl.telemetry.page.language.condition import SearchCondition
from labctl.telemetry.page.logs.earlier import EarlierRecords, TimeCursor
from labctl.telemetry.query.services import of_resources
from labctl.telemetry.store.store import Store

MOST_BODY: Final = 4000                 # characters of one in a list
LATEST_MS: Final = 9 * 10**12
LEVELS: Final = ("trace", "debug", "info", "warn", "error", "fatal")
_EACH: Final = 4                        # numbers of a level, from 1 on
_ALSO: Final = {
    "debug": ("fine",), "info": ("information", "informational", "notice"), "warn": ("warning",), "error": ("err", "severe"),
    "fatal": ("crit", "critical", "emerg", "emergency", "alert", "panic"),
}
_NAMES: Final = {name: place for place, level in enumerate(LEVELS) for name in (level, *_ALSO.get(level, ()))}
_TEXT: Final = "rtrim(lower(severity), '234')"          # INFO2, as OpenTelemetry names them, is of its level
_COLUMNS: Final = (f"rowid, time, severity, substr(body, 1, {MOST_BODY}), trace_id, span_id, resource,"
                   " CASE severity WHEN '' THEN severity_number(raw) ELSE 0 END")


def condition(asked: Parameters) -> SearchCondition:
    """Raises HTTPProblem."""
    found = SearchCondition()
    if level := asked.get("level"):
        if level not in LEVELS:
            raise HTTPProblem(400, f"level must be one of {', '.join(LEVELS)}")
        least = LEVELS.index(level)
        above, below = ([name for name, place in _NAMES.items() if (place >= least) is wanted] for wanted in (True, False))
        found.add(f"CASE WHEN {_TEXT} IN ({_marks(above)}) THEN 1 WHEN {_TEXT} IN ({_marks(below)}) THEN 0"
                  " ELSE severity_number(raw) >= ? END", *above, *below, least * _EACH + 1)
    if wanted := asked.get("text"):
        found.add("instr(lower(body), lower(?))", wanted[:1000])
    if service := asked.get("service"):
        found.add("resource IN (SELECT id FROM resources WHERE service = ?)", service)
    if trace_id := asked.get("trace_id"):
        if not re.fullmatch("[0-9a-fA-F]{32}", trace_id):
            raise HTTPProblem(400, "trace_id must be 32 hex digits")
        found.add("trace_id != x'' AND trace_id = ?", bytes.fromhex(trace_id))
    if span_id := asked.get("span_id"):
        if not re.fullmatch("[0-9a-fA-F]{16}", span_id):
            raise HTTPProblem(400, "span_id must be 16 hex digits")
        found.add("span_id = ?", bytes.fromhex(span_id))
    if "until" in asked:
        found.add("time <= ?", whole(asked, "until", 0, LATEST_MS, least=0) * 10**6)
    return found


def tail(store: Store, wanted: SearchCondition, part: RowsWanted) -> dict[str, Any]:
    """By their arrival."""
    def read(lower: int, upper: int) -> Iterator[tuple[int, Any]]:
        query = (f"SELECT {_COLUMNS} FROM logs WHERE rowid > ? AND rowid <= ?{wanted.sql}"
                 f" ORDER BY rowid DESC LIMIT {part.limit}")
        for rows in store.batches(query, (lower, upper, *wanted.values)):
            yield from ((row[0], tuple(row)) for row in rows)

    found = backwards(store, "logs", part, read)
    return {**found.progress(), "logs": _listed(store, found.items)}


def up_to(store: Store, wanted: SearchCondition, until_ms: int, limit: int, before: str | None = None) -> dict[str, Any]:
    """By their times; `before` is the cursor of the answer before. Raises HTTPProblem."""
    begin = TimeCursor.up_to(store, until_ms * 10**6) if before is None else TimeCursor.read(before)
    found = EarlierRecords(store, _COLUMNS, wanted, begin, [])
    found.find(limit)
    [(newest,)] = store.read("SELECT coalesce(max(rowid), 0) FROM logs")
    return {"before": str(found.before) if found.before else None, "newest": newest, "searched": found.searched,
            "left": found.before.left if found.before else 0, "logs": _listed(store, found.rows)}


def _listed(store: Store, rows: Sequence[Any]) -> list[dict[str, Any]]:
    services = of_resources(store, {row[6] for row in rows})
    return [
        {"row": row, "time": time / 1e9, "severity": _severity(severity, number), "body": body, "trace_id": trace.hex(),
         "span_id": span.hex(), "service": services[resource_id]}
        for row, time, severity, body, trace, span, resource_id, number in rows
    ]


def _marks(values: Sequence[str]) -> str:
    return ",".join("?" * len(values))


def _severity(text_: str, number: int) -> str:
    return text_[:40] or (LEVELS[(number - 1) // _EACH].upper() if 1 <= number <= _EACH * len(LEVELS) else "")


def record(store: Store, row: int, *, whole: bool = False) -> dict[str, Any]:
    """`whole`: with texts of up to MOST_WHOLE characters. Raises HTTPProblem where there is none."""
    most = waterfall.MOST_WHOLE if whole else waterfall.MOST_TEXT
    rows = store.read("SELECT time, severity, body, trace_id, span_id, service, encoded, raw FROM logs"
                      " JOIN resources ON resources.id = resource WHERE logs.rowid = ?", (row,))
    if not rows:
        raise HTTPProblem(404, "there is no such log record", str(row))
    [(time, severity, body, trace, span, service, encoded, raw)] = rows
    number = severity_number(raw)
    return {
        "row": row, "time": time / 1e9, "severity": _severity(severity, number), "number": number,
        "trace_id": trace.hex(), "span_id": span.hex(), "service": service, **waterfall.shown({"body": body}, most),
        "resource": waterfall.shown(resource.attributes(encoded), most), **_details(raw, most),
    }


def _details(raw: bytes, most: int) -> dict[str, Any]:
    try:
        sent = message("logs.v1.LogRecord").FromString(raw)
    except (DecodeError, RecursionError):
        return {"observed": None, "event": "", "attributes": {}}
    observed = sent.observed_time_unix_nano
    return {"observed": observed / 1e9 if observed else None, "event": text(getattr(sent, "event_name", b"")),
            "attributes": waterfall.shown(table(sent.attributes), most)}
