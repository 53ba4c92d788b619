"""What can be asked of a store: a trace, lists of traces, the counts of a run, metric series, log lines."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from labctl.telemetry.attributes import table
from labctl.telemetry.resource import attributes as resource_attributes
from labctl.telemetry.store import Store
from labctl.telemetry.trace import Span, Trace

KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUSES = ("unset", "ok", "error")
GONE_AFTER_NS = 15 * 10**9              # an instance that has not reported for so long no longer has a current value
OF_A_TRACE = "part IN (SELECT part FROM parts) AND trace_id = ?"         # as the index on spans wants it
OF_A_RUN = "part IN (SELECT part FROM parts) AND trace_id BETWEEN ? AND ?"
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
        name, service, KINDS[kind] if kind < len(KINDS) else KINDS[0], span_id.hex(), parent_id.hex(), (start - begin) / 1e6,
        duration / 1e6, STATUSES[whole.status.code], table(whole.attributes),
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
class Wanted:
    """Which traces to list; `prefix` is the beginning of their ids in hex digits, `without` that of those to leave out."""

    prefix: str = ""
    sort: str = "recent"
    limit: int = 20
    service: str = ""
    without: str = ""


def traces(store: Store, wanted: Wanted) -> list[dict[str, Any]]:
    """The roots of the traces that are wanted, with what each trace holds."""
    where, parameters = ["parent_id = x''"], list[Any]()
    if wanted.prefix:
        where.append(OF_A_RUN)
        parameters += _range(wanted.prefix)
    if wanted.without:
        where.append(f"NOT ({OF_A_RUN})")
        parameters += _range(wanted.without)
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


def run_counts(store: Store, prefix: str) -> dict[str, Any]:
    """Traces and spans whose trace id begins with `prefix`, by service, name and kind."""
    begin, end = _range(prefix)
    [(number,)] = store.read(f"SELECT count(DISTINCT trace_id) FROM spans WHERE {OF_A_RUN}", (begin, end))
    rows = store.read(
        "SELECT service, name, kind, count(*) FROM spans JOIN resources ON resources.id = resource"
        f" WHERE {OF_A_RUN} GROUP BY service, name, kind", (begin, end),
    )
    groups = [{"service": s, "name": n, "kind": KINDS[k] if k < len(KINDS) else KINDS[0], "spans": c} for s, n, k, c in rows]
    return {"traces": number, "spans": sum(group["spans"] for group in groups), "groups": groups}


def _range(prefix: str) -> tuple[bytes, bytes]:
    return bytes.fromhex(prefix.ljust(32, "0")), bytes.fromhex(prefix.ljust(32, "f"))


def totals(store: Store) -> dict[str, int]:
    [(spans,)] = store.read("SELECT count(*) FROM spans")
    [(number,)] = store.read("SELECT count(*) FROM (SELECT DISTINCT trace_id FROM spans)")
    [(points,)] = store.read("SELECT count(*) FROM points")
    [(logs,)] = store.read("SELECT count(*) FROM logs")
    return {"traces": number, "spans": spans, "metric_points": points, "log_records": logs}


def metrics(store: Store, name: str = "", service: str = "", since_ns: int | None = None) -> list[dict[str, Any]]:
    """Series by service, name and attributes: the current value over all instances, and with `since_ns` its points."""
    rows = store.read(
        "SELECT service, name, attributes, unit, type, monotonic, series.id, p.time, value, count, sum, min, max, bounds, counts"
        " FROM series JOIN resources ON resources.id = series.resource"
        " JOIN points AS p ON p.series = series.id AND p.time = (SELECT max(time) FROM points WHERE series = series.id)"
        " WHERE (? = '' OR name = ?) AND (? = '' OR service = ?) ORDER BY service, name, attributes",
        (name, name, service, service),
    )
    return [_series(store, key, list(group), since_ns) for key, group in groupby(rows, key=lambda row: row[:3])]


def _series(store: Store, key: Sequence[Any], rows: list[Any], since_ns: int | None) -> dict[str, Any]:
    service, name, attributes = key
    _, _, _, unit, type_, monotonic, *_ = rows[0]
    ids = [row[6] for row in rows]
    newest = max(row[7] for row in rows)
    counted = rows if monotonic and type_ != "gauge" else [row for row in rows if newest - row[7] <= GONE_AFTER_NS]
    found = {
        "service": service, "name": name, "attributes": json.loads(attributes), "unit": unit, "type": type_,
        "time": newest / 1e9, "exemplars": _exemplars(store, ids), **_sum(counted),
    }
    return found if since_ns is None else {**found, "points": _points(store, ids, since_ns)}


def _sum(rows: list[Any]) -> dict[str, Any]:
    """One value of several instances'. Histograms are added where their bounds agree."""
    values = [row[8] for row in rows if row[8] is not None]
    bounds = next((row[13] for row in rows if row[13]), None)
    same = [row for row in rows if row[13] == bounds and row[9] is not None]
    if not same:
        return {"value": sum(values) if values else None}
    counts = [sum(parts) for parts in zip(*(json.loads(row[14]) for row in same), strict=True)]
    smallest, largest = [row[11] for row in same if row[11] is not None], [row[12] for row in same if row[12] is not None]
    return {
        "value": None, "count": sum(row[9] for row in same), "sum": sum(row[10] or 0.0 for row in same),
        "min": min(smallest, default=None), "max": max(largest, default=None),
        "bounds": json.loads(bounds or "[]"), "counts": counts,
    }


def _exemplars(store: Store, ids: list[int]) -> list[Mapping[str, Any]]:
    marks = ",".join("?" * len(ids))
    rows = store.read(f"SELECT time, value, trace_id FROM exemplars WHERE series IN ({marks}) ORDER BY time DESC LIMIT 100", ids)
    return [{"time": time / 1e9, "value": value, "trace_id": trace_id.hex()} for time, value, trace_id in rows]


def _points(store: Store, ids: list[int], since_ns: int) -> list[list[Any]]:
    """[seconds, value or count, sum] of every instance's points, oldest first."""
    marks = ",".join("?" * len(ids))
    rows = store.read(
        f"SELECT time, series, coalesce(value, count), sum FROM points WHERE series IN ({marks}) AND time >= ? ORDER BY time",
        (*ids, since_ns),
    )
    return [[time / 1e9, series, value, total] for time, series, value, total in rows]


def logs(store: Store, trace_id: bytes) -> list[dict[str, Any]]:
    rows = store.read(
        "SELECT time, severity, body, span_id, resource, encoded FROM logs JOIN resources ON resources.id = resource"
        " WHERE trace_id = ? ORDER BY time LIMIT 1000", (trace_id,),
    )
    return [
        {
            "time": time / 1e9, "severity": severity, "body": body, "span_id": span_id.hex(),
            "service": str(resource_attributes(encoded).get("service.name", "")),
        }
        for time, severity, body, span_id, _, encoded in rows
    ]
