"""How much a store holds, of a load run or of everything."""

from typing import Any

from labctl.telemetry.query.ids import OF_A_RUN, id_range
from labctl.telemetry.query.names import kind_name
from labctl.telemetry.store.store import Store


def run_counts(store: Store, prefix: str) -> dict[str, Any]:
    """Traces and spans whose trace id begins with `prefix`, by service, name and kind."""
    begin, end = id_range(prefix)
    [(number,)] = store.read(f"SELECT count(DISTINCT trace_id) FROM spans WHERE {OF_A_RUN}", (begin, end))
    rows = store.read(
        "SELECT service, name, kind, count(*) FROM spans JOIN resources ON resources.id = resource"
        f" WHERE {OF_A_RUN} GROUP BY service, name, kind", (begin, end),
    )
    groups = [{"service": s, "name": n, "kind": kind_name(k), "spans": c} for s, n, k, c in rows]
    return {"traces": number, "spans": sum(group["spans"] for group in groups), "groups": groups}


def run_span_count(store: Store, prefix: str) -> dict[str, int]:
    """The same number of spans, from an index alone: a tenth of a second for a million."""
    [(spans,)] = store.read(f"SELECT count(*) FROM spans WHERE {OF_A_RUN}", id_range(prefix))
    return {"spans": spans}


def span_count(store: Store) -> dict[str, int]:
    [(spans,)] = store.read("SELECT count(*) FROM spans")
    return {"spans": spans}


def totals(store: Store) -> dict[str, int]:
    [(number,)] = store.read("SELECT count(*) FROM (SELECT DISTINCT trace_id FROM spans)")
    [(points,)] = store.read("SELECT count(*) FROM points")
    [(logs,)] = store.read("SELECT count(*) FROM logs")
    return {"traces": number, **span_count(store), "metric_points": points, "log_records": logs}
