"""Metric series out of a store, summed over the instances that report them."""

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from labctl.telemetry.store.store import Store

GONE_AFTER_NS = 15 * 10**9              # an instance that has not reported for so long no longer has a current value


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
