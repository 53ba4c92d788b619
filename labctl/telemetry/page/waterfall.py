"""A trace for the waterfall, in columns, and one of its spans with everything that was sent with it.

    GET /api/page/traces/<trace id>
    {"trace_id", "start": <Unix s>, "span_ids": "<16 hex digits each>", "parent_ids": "<the same, zeros at a root>",
     "starts": [ns since the first, …], "durations": [ns, …], "errors": [0 | 1, …], "origins": [<index>, …],
     "origins_table": [[service, name, kind], …], "left_out": <spans beyond MOST_SPANS>}
    GET /api/page/traces/<trace id>/spans/<span id>    a list: several spans may have one id

Attributes are left out of the first, so a trace of a hundred thousand spans is a matter of a second; the second cuts long texts.
"""

from typing import Any, Final

from google.protobuf.message import DecodeError

from labctl.telemetry.http.messages import HTTPProblem
from labctl.telemetry.otlp import partial_messages, resource
from labctl.telemetry.otlp.attributes import encoded_table, table
from labctl.telemetry.otlp.messages import message, text
from labctl.telemetry.query.ids import OF_A_TRACE
from labctl.telemetry.query.names import kind_name, status_name
from labctl.telemetry.store.store import Store

MOST_SPANS: Final = 200_000
MOST_TEXT: Final = 16_384               # characters of one value that are shown
MOST_BYTES: Final = 32 << 20
_NO_PARENT: Final = "0" * 16


def waterfall(store: Store, trace_id: bytes) -> dict[str, Any]:
    """Raises HTTPProblem where there is no such trace."""
    starts, durations, errors, origins = (list[int]() for _ in range(4))
    span_ids, parent_ids, known = list[str](), list[str](), dict[tuple[int, str, int], int]()
    query = (f"SELECT span_id, parent_id, start, duration, error, resource, name, kind FROM spans WHERE {OF_A_TRACE}"
             f" ORDER BY start, rowid LIMIT {MOST_SPANS}")
    for rows in store.batches(query, (trace_id,)):
        span_ids.append(b"".join([row[0] for row in rows]).hex())
        parent_ids += [row[1].hex() or _NO_PARENT for row in rows]
        starts += [row[2] for row in rows]
        durations += [row[3] for row in rows]
        errors += [row[4] for row in rows]
        origins += [known.setdefault(row[5:8], len(known)) for row in rows]
    if not starts:
        raise HTTPProblem(404, "there is no such trace", trace_id.hex())
    services = {number: _service(store, number) for number, _, _ in known}
    first = starts[0]
    [(every,)] = store.read(f"SELECT count(*) FROM spans WHERE {OF_A_TRACE}", (trace_id,))
    return {
        "trace_id": trace_id.hex(), "start": first / 1e9, "span_ids": "".join(span_ids), "parent_ids": "".join(parent_ids),
        "starts": [start - first for start in starts], "durations": durations, "errors": errors, "origins": origins,
        "origins_table": [[services[number], _cut(name), kind_name(kind)] for number, name, kind in known],
        "left_out": max(every - len(starts), 0),
    }


def _service(store: Store, resource_number: int) -> str:
    return str(store.read("SELECT service FROM resources WHERE id = ?", (resource_number,))[0][0])


def spans(store: Store, trace_id: bytes, span_id: bytes) -> dict[str, Any]:
    rows, _ = store.read_some(
        "SELECT name, service, kind, start, duration, parent_id, encoded, raw FROM spans"
        f" JOIN resources ON resources.id = resource WHERE {OF_A_TRACE} AND span_id = ? ORDER BY start, spans.rowid",
        (trace_id, span_id), MOST_BYTES,
    )
    if not rows:
        raise HTTPProblem(404, "there is no such span", span_id.hex())
    return {"spans": [
        {
            "name": _cut(name), "service": service, "kind": kind_name(kind), "start": start / 1e9, "duration_ms": duration / 1e6,
            "parent_id": parent.hex(), "resource": shown(resource.attributes(encoded)), **_details(raw, start),
        }
        for name, service, kind, start, duration, parent, encoded, raw in rows
    ]}


def _details(raw: bytes, start: int) -> dict[str, Any]:
    try:
        whole = message("trace.v1.Span").FromString(raw)
    except (DecodeError, RecursionError):
        attributes = encoded_table(partial_messages.SpanAttributes.FromString(raw).attributes)
        code = partial_messages.Span.FromString(raw).status.code
        return {"status": status_name(code), "message": "", "attributes": shown(attributes), "events": [], "links": []}
    return {
        "status": status_name(whole.status.code), "message": _cut(text(whole.status.message)),
        "attributes": shown(table(whole.attributes)),
        "events": [
            {"name": _cut(text(event.name)), "at_ms": (event.time_unix_nano - start) / 1e6,
             "attributes": shown(table(event.attributes))}
            for event in whole.events
        ],
        "links": [
            {"trace_id": link.trace_id.hex(), "span_id": link.span_id.hex(), "attributes": shown(table(link.attributes))}
            for link in whole.links
        ],
    }


def shown(attributes: dict[str, Any]) -> dict[str, Any]:
    return {_cut(key): _shown(value) for key, value in attributes.items()}


def _shown(value: Any) -> Any:
    match value:
        case str():
            return _cut(value)
        case list() | dict():
            return _cut(str(value))
    return value


def _cut(value: str) -> str:
    return value if len(value) <= MOST_TEXT else f"{value[:MOST_TEXT]}… ({len(value):,} characters)"
