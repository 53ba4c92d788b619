"""A trace for the waterfall, in columns, and one of its spans with everything that was sent with it.

    GET /api/page/traces/<trace id>
    {"trace_id", "start": <Unix s>, "span_ids": "<16 hex digits each>", "parent_ids": "<the same, zeros at a root>",
     "starts": [ns since the first, …], "durations": [ns, …], "errors": [0 | 1, …], "names": [<text>, …],
     "resources": [<number>, …], "services": {<number of a resource>: <text>}, "left_out": <spans beyond MOST_SPANS>}
    GET /api/page/traces/<trace id>/spans/<span id>?whole=    a list: several spans may have one id

The first is in the order of the store, without attributes, and SQLite writes its columns as JSON: a hundred thousand spans as
Python's objects, and sorted here, would take three times as long. The second cuts long texts.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from google.protobuf.message import DecodeError

from labctl.telemetry.http.messages import HTTPProblem
from labctl.telemetry.otlp import partial_messages, resource
from labctl.telemetry.otlp.attributes import encoded_table, table
from labctl.telemetry.otlp.messages import message, text
from labctl.telemetry.query.ids import OF_A_TRACE
from labctl.telemetry.query.names import kind_name, status_name
from labctl.telemetry.query.services import of_resources
from labctl.telemetry.store.store import Store

MOST_SPANS: Final = 200_000
LARGE: Final = 10_000                   # spans
MOST_TEXT: Final = 4096                 # characters of one value
MOST_WHOLE: Final = 8 << 20             # the same where it is asked for
MOST_BYTES: Final = 32 << 20
MOST_NAME: Final = 200
_NUMBERS: Final = "json_group_array(start - ?), json_group_array(duration), json_group_array(error), json_group_array(resource)"
_TEXTS: Final = (
    f"json_group_array(iif(length(name) <= {MOST_NAME}, name, substr(name, 1, {MOST_NAME}))),"
    f" lower(group_concat(hex(span_id), '')), lower(group_concat(iif(parent_id = x'', '{'0' * 16}', hex(parent_id)), ''))"
)
_SAME: Final = "count(*), total(rowid)"


def waterfall(store: Store, trace_id: bytes) -> bytes:
    """JSON. Raises HTTPProblem where there is no such trace."""
    [(every, first)] = store.read(f"SELECT count(*), min(start) FROM spans WHERE {OF_A_TRACE}", (trace_id,))
    if not every:
        raise _none(trace_id)
    source = f"spans WHERE {OF_A_TRACE}"
    if every > MOST_SPANS:
        source = f"(SELECT * FROM {source} ORDER BY start, rowid LIMIT {MOST_SPANS})"
    starts, durations, errors, resources, names, span_ids, parent_ids = _columns(store, source, first, trace_id, every)
    if span_ids is None:                # deleted meanwhile
        raise _none(trace_id)
    services = of_resources(store, set(json.loads(resources)))
    head = {"trace_id": trace_id.hex(), "start": first / 1e9, "services": services, "left_out": max(every - MOST_SPANS, 0),
            "span_ids": span_ids, "parent_ids": parent_ids}
    lists = {"starts": starts, "durations": durations, "errors": errors, "resources": resources, "names": names}
    columns = ",".join(f'"{name}":{column}' for name, column in lists.items())
    return f"{json.dumps(head)[:-1]},{columns}}}".encode()


def _none(trace_id: bytes) -> HTTPProblem:
    return HTTPProblem(404, "there is no such trace", trace_id.hex())


def _columns(store: Store, source: str, first: int, trace_id: bytes, every: int) -> Sequence[Any]:
    """Of a large trace the texts are read beside the numbers, unless spans of it arrive or go meanwhile."""
    if every > LARGE:
        with ThreadPoolExecutor(1) as beside:
            texts = beside.submit(store.read, f"SELECT {_TEXTS}, {_SAME} FROM {source}", (trace_id,))
            [(*numbers, count, total)] = store.read(f"SELECT {_NUMBERS}, {_SAME} FROM {source}", (first, trace_id))
        [(*found, of_texts, total_of_texts)] = texts.result()
        if (count, total) == (of_texts, total_of_texts):
            return *numbers, *found
    [row] = store.read(f"SELECT {_NUMBERS}, {_TEXTS} FROM {source}", (first, trace_id))
    columns: Sequence[Any] = row
    return columns


def spans(store: Store, trace_id: bytes, span_id: bytes, *, whole: bool = False) -> dict[str, Any]:
    """`whole`: with texts of up to MOST_WHOLE characters."""
    most = MOST_WHOLE if whole else MOST_TEXT
    rows, _ = store.read_some(
        "SELECT name, service, kind, start, duration, parent_id, encoded, raw FROM spans"
        f" JOIN resources ON resources.id = resource WHERE {OF_A_TRACE} AND span_id = ? ORDER BY start, spans.rowid",
        (trace_id, span_id), MOST_BYTES,
    )
    if not rows:
        raise HTTPProblem(404, "there is no such span", span_id.hex())
    return {"spans": [
        {
            "name": cut(name), "service": service, "kind": kind_name(kind), "start": start / 1e9, "duration_ms": duration / 1e6,
            "parent_id": parent.hex(), "resource": shown(resource.attributes(encoded), most), **_details(raw, start, most),
        }
        for name, service, kind, start, duration, parent, encoded, raw in rows
    ]}


def _details(raw: bytes, start: int, most: int) -> dict[str, Any]:
    try:
        whole = message("trace.v1.Span").FromString(raw)
    except (DecodeError, RecursionError):
        attributes = encoded_table(partial_messages.SpanAttributes.FromString(raw).attributes)
        code = partial_messages.Span.FromString(raw).status.code
        return {"status": status_name(code), "message": "", "attributes": shown(attributes, most), "events": [], "links": []}
    return {
        "status": status_name(whole.status.code), "message": cut(text(whole.status.message)),
        "attributes": shown(table(whole.attributes), most),
        "events": [
            {"name": cut(text(event.name)), "at_ms": (event.time_unix_nano - start) / 1e6,
             "attributes": shown(table(event.attributes), most)}
            for event in whole.events
        ],
        "links": [
            {"trace_id": link.trace_id.hex(), "span_id": link.span_id.hex(), "attributes": shown(table(link.attributes), most)}
            for link in whole.links
        ],
    }


EXACT: Final = 2**53                    # the largest whole number that a page's numbers hold, and all below it


def shown(attributes: dict[str, Any], most: int = MOST_TEXT) -> dict[str, Any]:
    """Texts, numbers, truth values and null; of a longer text its beginning: {"text", "characters": <of all>}."""
    return {cut(key): _shown(value, most) for key, value in attributes.items()}


def _shown(value: Any, most: int) -> Any:
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, int) and abs(value) > EXACT:
        return str(value)               # true and false are small
    return {"text": value[:most], "characters": len(value)} if isinstance(value, str) and len(value) > most else value


def cut(value: str) -> str:
    return value if len(value) <= MOST_TEXT else f"{value[:MOST_TEXT]}… ({len(value):,} characters)"
