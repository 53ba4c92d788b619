"""Traces out of a store: one whole, or a list of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from labctl.telemetry.otlp.attributes import table
from labctl.telemetry.query.ids import OF_A_RUN, OF_A_TRACE, id_range
from labctl.telemetry.query.names import kind_name, status_name
from labctl.telemetry.store.store import Store
from labctl.telemetry.trace import Span, Trace

SORTS = {"slowest": "duration DESC", "recent": "start DESC"}


def count(store: Store, trace_id: bytes) -> int:
    """Spans of one trace, from the index alone."""
    return int(store.read(f"SELECT count(*) FROM spans WHERE {OF_A_TRACE}", (trace_id,))[0][0])


def trace(store: Store, trace_id: bytes) -> Trace | None:
    rows = store.read(
        "SELECT span_id, parent_id, name, kind, start, duration, raw, service"
        f" FROM spans JOIN resources ON resources.id = resource WHERE {OF_A_TRACE} ORDER BY start, span_id", (trace_id,),
    )
    if not rows:
        return None
    begin = min(row[4] for row in rows)
    spans = [_span(row, begin) for row in rows]
    known = {span.span_id for span in spans}
    roots = [span for span in spans if not span.parent_id]
    complete = len(roots) == 1 and all(span.parent_id in known for span in spans if span.parent_id)
    duration = max(row[4] + row[5] for row in rows) - begin
    return Trace(trace_id.hex(), duration / 1e6, complete, tuple(_drawn(spans, known)))


def _span(row: Sequence[Any], begin: int) -> Span:
    from opentelemetry.proto.trace.v1.trace_pb2 import Span as Encoded

    span_id, parent_id, name, kind, start, duration, raw, service = row
    whole = Encoded.FromString(raw)
    return Span(
        name, service, kind_name(kind), span_id.hex(), parent_id.hex(), (start - begin) / 1e6,
        duration / 1e6, status_name(whole.status.code), table(whole.attributes),
    )


def _drawn(spans: list[Span], known: set[str]) -> Iterable[Span]:
    """Parents before children, siblings by start; what has no parent here comes first."""
    children: dict[str, list[Span]] = {}
    for span in spans:
        children.setdefault(span.parent_id if span.parent_id in known else "", []).append(span)
    waiting = list(reversed(children.get("", [])))
    drawn = set()
    while waiting:
        span = waiting.pop()
        drawn.add(span.span_id)
        yield span
        waiting.extend(reversed(children.get(span.span_id, [])))
    yield from (span for span in spans if span.span_id not in drawn)      # a circle of parents


@dataclass(frozen=True, slots=True)
class TraceQuery:
    """Which traces to list; `prefix` is the beginning of their ids in hex digits, `without` that of those to leave out."""

    prefix: str = ""
    sort: str = "recent"
    limit: int = 20
    service: str = ""
    without: str = ""


def traces(store: Store, wanted: TraceQuery) -> list[dict[str, Any]]:
    """The roots of the traces that are wanted, with what each trace holds."""
    where, parameters = ["parent_id = x''"], list[Any]()
    if wanted.prefix:
        where.append(OF_A_RUN)
        parameters += id_range(wanted.prefix)
    if wanted.without:
        where.append(f"NOT ({OF_A_RUN})")
        parameters += id_range(wanted.without)
    if wanted.service:
        where.append("EXISTS (SELECT 1 FROM spans AS s JOIN resources ON resources.id = s.resource"
                     " WHERE s.part IN (SELECT part FROM parts) AND s.trace_id = spans.trace_id AND service = ?)")
        parameters.append(wanted.service)
    # a run is a range of ids and small; everything is best read in the order of the index on roots
    index = "INDEXED BY span_ids" if wanted.prefix else ""
    roots = store.read(
        f"SELECT trace_id, name, start, duration, resource FROM spans {index} WHERE {' AND '.join(where)}"
        f" ORDER BY {SORTS[wanted.sort]} LIMIT ?", (*parameters, wanted.limit),
    )
    return [_listed(store, root) for root in roots]


def _listed(store: Store, root: Sequence[Any]) -> dict[str, Any]:
    trace_id, name, start, duration, resource = root
    [(spans, errors)] = store.read(f"SELECT count(*), sum(error) FROM spans WHERE {OF_A_TRACE}", (trace_id,))
    [(service,)] = store.read("SELECT service FROM resources WHERE id = ?", (resource,))
    return {
        "trace_id": trace_id.hex(), "name": name, "service": service, "start": start / 1e9, "duration_ms": duration / 1e6,
        "spans": spans, "errors": errors or 0,
    }
