"""The query language of the page, and the traces that it finds.

    service=labctl name~predict duration>200ms status=error run=18df58ce http.route=/predict

Terms are separated by spaces, a value with spaces stands in quotes, and all terms have to hold of one span of the trace. The
fields are service, name, kind, duration (ns, us, ms, s), status (error, or ok for the rest) and run (first hex digits of trace
ids); any other key is an attribute of the span. `=` `!=` `<` `<=` `>` `>=` compare, `~` is "contains". A word alone is in the
name, or it is a trace id.

Subtle: a search may end with a cursor before it has looked at everything: the page shows what was found and goes on from there,
so no search holds up another for long.
"""

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf.message import DecodeError

from labctl.telemetry.http.messages import HTTPProblem
from labctl.telemetry.otlp import partial_messages
from labctl.telemetry.otlp.attributes import encoded_table
from labctl.telemetry.page.backwards import backwards
from labctl.telemetry.query import traces
from labctl.telemetry.query.ids import id_range
from labctl.telemetry.query.names import KINDS
from labctl.telemetry.store.store import Store

MOST_TERMS: Final = 10
MOST_TEXT: Final = 1000
_TERM: Final = re.compile(r"([^=!<>~]+?)(!=|<=|>=|=|<|>|~)(.*)", re.DOTALL)
_UNITS: Final = {"ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9}
_SQL: Final = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass(slots=True)
class SearchCondition:
    """SQL that follows a WHERE, and what of the attributes cannot be said in SQL."""

    sql: str = ""
    values: list[Any] = field(default_factory=list)
    attributes: list[Callable[[dict[str, Any]], bool]] = field(default_factory=list)

    def add(self, sql: str, *values: Any) -> None:
        self.sql += f" AND {sql}"
        self.values += values


def parsed(query: str) -> SearchCondition:
    """Raises HTTPProblem with what is wrong."""
    if len(query) > MOST_TEXT:
        raise HTTPProblem(400, f"a query has at most {MOST_TEXT} characters")
    try:
        terms = shlex.split(query, posix=True)
    except ValueError:
        raise HTTPProblem(400, "a quote is not closed") from None
    if len(terms) > MOST_TERMS:
        raise HTTPProblem(400, f"a query has at most {MOST_TERMS} terms")
    condition = SearchCondition()
    for term in terms:
        match = _TERM.fullmatch(term)
        if match:
            _add(condition, *match.groups())
        elif re.fullmatch("[0-9a-fA-F]{32}", term):
            condition.add("trace_id = ?", bytes.fromhex(term))
        else:
            condition.add("instr(lower(name), lower(?))", term)
    return condition


def of_roots(query: str) -> SearchCondition:
    """Of what the index on root spans has. Raises HTTPProblem."""
    condition = parsed(query)
    if condition.attributes:
        raise HTTPProblem(400, "attributes are searched in Traces", "here: service, name, duration, status and run")
    return condition


def _add(condition: SearchCondition, key: str, operator: str, value: str) -> None:
    match key:
        case "service":
            inner, values = _text("service", operator, value)
            condition.add(f"resource IN (SELECT id FROM resources WHERE {inner})", *values)
        case "name":
            inner, values = _text("name", operator, value)
            condition.add(inner, *values)
        case "duration":
            condition.add(f"duration {_SQL[_comparison(key, operator)]} ?", _nanoseconds(value))
        case "status":
            _one_of(key, operator, value, ("ok", "error"))
            condition.add(f"error {_SQL[operator]} ?", int(value == "error"))
        case "kind":
            _one_of(key, operator, value, KINDS)
            condition.add(f"kind {_SQL[operator]} ?", KINDS.index(value))
        case "run" | "trace":
            if operator != "=" or not re.fullmatch("[0-9a-fA-F]{1,32}", value):
                raise HTTPProblem(400, f"{key}= takes the first hex digits of trace ids")
            condition.add("trace_id BETWEEN ? AND ?", *id_range(value))
        case _:
            _attribute(condition, key, operator, value)


def _text(column: str, operator: str, value: str) -> tuple[str, list[Any]]:
    if operator == "~":
        return f"instr(lower({column}), lower(?))", [value]
    if operator not in {"=", "!="}:
        raise HTTPProblem(400, f"{column} takes =, != and ~")
    return f"{column} {_SQL[operator]} ?", [value]


def _comparison(key: str, operator: str) -> str:
    if operator not in _SQL:
        raise HTTPProblem(400, f"{key} takes {' '.join(_SQL)}")
    return operator


def _one_of(key: str, operator: str, value: str, known: tuple[str, ...]) -> None:
    if operator not in {"=", "!="} or value not in known:
        raise HTTPProblem(400, f"{key} is one of {', '.join(known)}")


def _nanoseconds(text: str) -> int:
    match = re.fullmatch(r"(\d{1,12}(?:\.\d{1,9})?)(ns|us|µs|ms|s)", text)
    if not match or float(match[1]) * _UNITS[match[2]] >= 1 << 63:
        raise HTTPProblem(400, "a duration is a number with ns, us, ms or s, as in 200ms")
    return round(float(match[1]) * _UNITS[match[2]])


def _attribute(condition: SearchCondition, key: str, operator: str, value: str) -> None:
    # its key, and a text that it equals or contains, stand in the encoding as they are: rows without them are not decoded
    condition.add("instr(raw, CAST(? AS BLOB))", key)
    condition.attributes.append(lambda found: key in found and _holds(found[key], operator, value))


def _holds(found: Any, operator: str, value: str) -> bool:
    if isinstance(found, bool):
        found = str(found).lower()
    if operator == "~":
        return value.lower() in str(found).lower()
    if operator in {"=", "!="}:
        same = str(found) == value or (isinstance(found, float | int) and _number(value) == found)
        return same is (operator == "=")
    number = _number(value)
    if number is None or not isinstance(found, float | int):
        return False
    return {"<": found < number, "<=": found <= number, ">": found > number, ">=": found >= number}[operator]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def search(store: Store, query: str, before: int | None, limit: int) -> dict[str, Any]:
    """Traces with a span that matches, the ones that arrived last first; `before`: the cursor of the answer before.

    {"traces": […], "before": <cursor> | null at the end, "searched": <rows looked at>}
    """
    condition = parsed(query)
    found = backwards(store, "spans", before, limit, lambda lower, upper: _matching(store, condition, lower, upper))
    return {"traces": traces.summaries(store, found.items), "before": found.before, "searched": found.searched}


def _matching(store: Store, condition: SearchCondition, lower: int, upper: int) -> list[tuple[int, bytes]]:
    """Rows above `lower` up to `upper`, the last first."""
    columns = "rowid, trace_id, raw" if condition.attributes else "rowid, trace_id"
    query = f"SELECT {columns} FROM spans NOT INDEXED WHERE rowid > ? AND rowid <= ?{condition.sql} ORDER BY rowid DESC"
    found = list[tuple[int, bytes]]()
    for rows in store.batches(query, (lower, upper, *condition.values)):
        found += [(row[0], row[1]) for row in rows if not condition.attributes or _has(row[2], condition)]
    return found


def _has(raw: bytes, condition: SearchCondition) -> bool:
    try:
        attributes = encoded_table(partial_messages.SpanAttributes.FromString(raw).attributes)
    except DecodeError:
        return False
    return all(holds(attributes) for holds in condition.attributes)
