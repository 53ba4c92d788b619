"""Traces from the store: a single one with all spans, or a list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError

from labctl.telemetry.otlp import partial_messages
from labctl.telemetry.otlp.attributes import encoded_table, table
from labctl.telemetry.otlp.messages import message, text
from labctl.telemetry.query.ids import OF_A_RUN, OF_A_TRACE, id_range
from labctl.telemetry.query.names import kind_name, status_name
from labctl.telemetry.query.services import of_resources
from labctl.telemetry.span_tree import SpanTree
from labctl.telemetry.store.store import Store
from labctl.telemetry.trace import Span, Trace

SORTS = ("slowest", "recent")
MOST_SPANS, MOST_BYTES = 200_000, 64 << 20      # of a trace that is answered whole; bytes of its spans' encodings
FEW = 50                                # roots to read for each trace of the list: a trace can have several


def count(store: Store, trace_id: bytes) -> int:
    """Spans of one trace, from the index alone."""
    return int(store.read(f"SELECT count(*) FROM spans WHERE {OF_A_TRACE}", (trace_id,))[0][0])


def is_too_large(store: Store, trace_id: bytes) -> bool:
    spans = count(store, trace_id)
    if spans <= FEW:
        return False
    [(size,)] = store.read(f"SELECT sum(length(raw)) FROM spans WHERE {OF_A_TRACE}", (trace_id,))
    return bool(spans > MOST_SPANS or size > MOST_BYTES)


def trace(store: Store, trace_id: bytes, *, all_attributes: bool = True) -> Trace | None:
    """None when there is no such trace. Without `all_attributes` only roots and failed spans have any, in a third of the time."""
    rows = store.read(
        "SELECT span_id, parent_id, name, kind, start, duration, raw, service, error"
        f" FROM spans JOIN resources ON resources.id = resource WHERE {OF_A_TRACE} ORDER BY start, span_id", (trace_id,),
    )
    if not rows:
        return None
    begin = rows[0][4]
    tree = SpanTree([_span(row, begin, all_attributes=all_attributes) for row in rows])
    duration = max(row[4] + row[5] for row in rows) - begin
    return Trace(trace_id.hex(), duration / 1e6, tree.complete, tuple(node.span for node in tree.nodes))


def _span(row: Sequence[Any], begin: int, *, all_attributes: bool) -> Span:
    span_id, parent_id, name, kind, start, duration, raw, service, error = row
    wanted = all_attributes or error or not parent_id
    status, details = _details(raw, begin) if wanted else (partial_messages.Span.FromString(raw).status.code, ())
    return Span(
        name, service, kind_name(kind), span_id.hex(), parent_id.hex(), (start - begin) / 1e6, duration / 1e6,
        status_name(status), *details,
    )


def _details(raw: bytes, begin: int) -> tuple[int, Sequence[Any]]:
    """Status code; attributes, status message and events. What cannot be decoded does not affect the other attributes."""
    try:
        whole = message("trace.v1.Span").FromString(raw)
        events = [_event(one, begin) for one in whole.events]
        return whole.status.code, (table(whole.attributes), text(whole.status.message), events)
    except (DecodeError, RecursionError):
        attributes = partial_messages.SpanAttributes.FromString(raw).attributes
        return partial_messages.Span.FromString(raw).status.code, (encoded_table(attributes),)


def _event(event: Any, begin: int) -> dict[str, Any]:
    return {"name": text(event.name), "at_ms": (event.time_unix_nano - begin) / 1e6, "attributes": table(event.attributes)}


@dataclass(frozen=True, slots=True)
class TraceQuery:
    """Which traces to list: those whose ids begin with the hex digits `prefix`, but not with `without`."""

    prefix: str = ""
    sort: str = "recent"
    limit: int = 20
    service: str = ""
    without: str = ""


def traces(store: Store, wanted: TraceQuery) -> list[dict[str, Any]]:
    """The traces that match, each once, with a summary of its spans."""
    ids = _of_a_run(store, wanted) if wanted.prefix else _of_all(store, wanted)
    return summaries(store, ids)


def _of_a_run(store: Store, wanted: TraceQuery) -> list[bytes]:
    """A run is a small range of ids, so its traces without a root are listed too."""
    took = "coalesce(max(CASE WHEN parent_id = x'' THEN duration END), max(start + duration) - min(start))"
    order = f"{took} DESC" if wanted.sort == "slowest" else "min(start) DESC"
    where, parameters = _where(wanted)
    rows = store.read(
        f"SELECT trace_id FROM spans WHERE {OF_A_RUN}{where} GROUP BY trace_id ORDER BY {order} LIMIT ?",
        (*id_range(wanted.prefix), *parameters, wanted.limit),
    )
    return [row[0] for row in rows]


def _of_all(store: Store, wanted: TraceQuery) -> list[bytes]:
    """Slowest: by the longest root span, from the index on roots alone. Recent: by the latest span, by start."""
    where, parameters = _where(wanted)
    query = (
        "SELECT trace_id FROM spans INDEXED BY roots_by_start WHERE parent_id = x''{} ORDER BY duration DESC LIMIT ?"
        if wanted.sort == "slowest" else
        "SELECT trace_id FROM spans INDEXED BY spans_once WHERE start >= 0{} ORDER BY start DESC LIMIT ?"
    ).format(where)
    found: dict[bytes, None] = {}
    most = FEW + wanted.limit
    while True:
        rows = store.read(query, (*parameters, most))
        found.update((row[0], None) for row in rows)
        if len(found) >= wanted.limit or len(rows) < most:
            return list(found)[:wanted.limit]
        most *= 10


def _where(wanted: TraceQuery) -> tuple[str, list[Any]]:
    where, parameters = "", list[Any]()
    if wanted.without:
        where += " AND NOT (trace_id BETWEEN ? AND ?)"
        parameters += id_range(wanted.without)
    if wanted.service:
        where += (" AND EXISTS (SELECT 1 FROM spans AS s JOIN resources ON resources.id = s.resource"
                  " WHERE s.part IN (SELECT part FROM parts) AND s.trace_id = spans.trace_id AND service = ?)")
        parameters.append(wanted.service)
    return where, parameters


def summaries(store: Store, ids: Sequence[bytes]) -> list[dict[str, Any]]:
    """In the order of `ids`. A trace is listed by its longest root; without a root by its first span, and `root` is false.

    {"trace_id", "name", "service", "start": Unix s, "duration_ms", "spans", "errors", "root"}
    """
    of_them = f"part IN (SELECT part FROM parts) AND trace_id IN ({','.join('?' * len(ids))}) GROUP BY trace_id"
    totals = {trace_id: row for trace_id, *row in store.read(
        f"SELECT trace_id, count(*), sum(error), min(start), max(start + duration) FROM spans WHERE {of_them}", ids)}
    # SQLite takes the other columns from the row that has the maximum
    heads = {trace_id: row for trace_id, *row in store.read(
        "SELECT trace_id, name, resource, start, duration, parent_id = x'',"
        f" max(CASE WHEN parent_id = x'' THEN duration ELSE -1 - start END) FROM spans WHERE {of_them}", ids)}
    services = of_resources(store, {row[1] for row in heads.values()})
    return [_summary(one, totals[one], heads[one], services) for one in ids if one in totals and one in heads]


def _summary(trace_id: bytes, totals: Sequence[Any], head: Sequence[Any], services: Mapping[int, str]) -> dict[str, Any]:
    spans, errors, begin, end = totals
    name, resource, start, duration, is_root, _ = head
    took = duration if is_root else end - begin
    return {
        "trace_id": trace_id.hex(), "name": name, "service": services[resource], "start": start / 1e9, "duration_ms": took / 1e6,
        "spans": spans, "errors": errors or 0, "root": bool(is_root),
    }
