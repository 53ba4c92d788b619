"""Metric series from the store, summed over the instances that report them."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from labctl.telemetry.otlp.attributes import number
from labctl.telemetry.query.buckets import merged
from labctl.telemetry.query.recent import Window, recent
from labctl.telemetry.store.store import Store

GONE_AFTER_NS = 15 * 10**9              # an instance that has not reported for so long no longer has a current value
CLOCKS_DIFFER_NS = 60 * 10**9           # a point further in the future is a wrong clock's, and ignored for GONE_AFTER_NS


@dataclass(frozen=True, slots=True)
class _Latest:
    """The last point of one instance's series."""

    series: int
    time: int
    value: float | None
    count: int | None
    sum: float | None
    min: float | None
    max: float | None
    bounds: list[float]
    counts: list[int]
    start: int                          # since when it adds up; 0: not told
    instance: str

    @classmethod
    def of(cls, row: Sequence[Any]) -> "_Latest":
        series, time_, value, count, sum_, smallest, largest, bounds, counts, start, instance = row
        number_, total, low, high = (None if found is None else float(found) for found in (value, sum_, smallest, largest))
        return cls(series, time_, number_, count, total, low, high, json.loads(bounds or "[]"), json.loads(counts or "[]"),
                   start, instance)


@dataclass(frozen=True, slots=True)
class MetricQuery:
    name: str = ""                      # "": all
    service: str = ""
    since_ns: int | None = None         # with the points since then
    window: Window | None = None        # with the change within it


def metrics(store: Store, query: MetricQuery = MetricQuery()) -> list[dict[str, Any]]:
    """Series by service, name, type and attributes: the current value over all instances, and what else the query wants.

    Series that have ended (the last point has no recorded value) are left out.
    """
    rows = store.read(
        "SELECT service, name, attributes, unit, type, monotonic, series.id, p.time, value, count, sum, min, max, bounds, counts,"
        " start, instance FROM series JOIN resources ON resources.id = series.resource"
        " JOIN points AS p ON p.series = series.id AND p.time = (SELECT max(time) FROM points WHERE series = series.id)"
        " WHERE (? = '' OR name = ?) AND (? = '' OR service = ?)"
        " AND (value IS NOT NULL OR count IS NOT NULL) ORDER BY service, name, attributes, unit, type, monotonic",
        (query.name, query.name, query.service, query.service),
    )
    return [_series(store, key, list(group), query) for key, group in groupby(rows, key=lambda row: row[:6])]


def _series(store: Store, key: Sequence[Any], rows: list[Any], query: MetricQuery) -> dict[str, Any]:
    service, name, attributes, unit, type_, monotonic = key
    latest = [_Latest.of(row[6:]) for row in rows]
    ids = [one.series for one in latest]
    newest = _newest([one.time for one in latest])
    adds_up = bool(monotonic and type_ != "gauge")
    counted = latest if adds_up else [one for one in latest if newest - one.time <= GONE_AFTER_NS]
    found = {
        "service": service, "name": name, "attributes": json.loads(attributes), "unit": unit, "type": type_, "monotonic": adds_up,
        "time": newest / 1e9, "exemplars": _exemplars(store, ids), **(_distribution if type_ == "histogram" else _sum)(counted),
    }
    if adds_up:
        found |= {"since": _since(latest), "instances": len({one.instance for one in latest})}
    if query.window:
        found["window"] = recent(store, ids, query.window, adds_up=adds_up)
    return found if query.since_ns is None else {**found, "points": _points(store, ids, query.since_ns)}


def _since(latest: Sequence[_Latest]) -> float | None:
    """When the first of them began to count, where all tell."""
    starts = [one.start for one in latest]
    return min(starts) / 1e9 if all(starts) else None


def _newest(times: list[int]) -> int:
    """The last time that is not in the future; the last of all where every one is."""
    limit = time.time_ns() + CLOCKS_DIFFER_NS
    return max((one for one in times if one <= limit), default=max(times))


def _sum(latest: list[_Latest]) -> dict[str, Any]:
    values = [one.value for one in latest if one.value is not None]
    return {"value": number(sum(values)) if values else None}


def _distribution(latest: list[_Latest]) -> dict[str, Any]:
    smallest, largest = [one.min for one in latest if one.min is not None], [one.max for one in latest if one.max is not None]
    bounds, counts = merged([(one.bounds, one.counts or [one.count or 0]) for one in latest])
    return {
        "value": None, "count": sum(one.count or 0 for one in latest), "sum": number(sum(one.sum or 0.0 for one in latest)),
        "min": _json(min(smallest, default=None)), "max": _json(max(largest, default=None)), "bounds": bounds, "counts": counts,
    }


def _json(value: float | str | None) -> float | str | None:
    return None if value is None else number(float(value))


def _exemplars(store: Store, ids: list[int]) -> list[Mapping[str, Any]]:
    marks = ",".join("?" * len(ids))
    rows = store.read(f"SELECT time, value, trace_id FROM exemplars WHERE series IN ({marks}) ORDER BY time DESC LIMIT 100", ids)
    return [{"time": time_ / 1e9, "value": _json(value), "trace_id": trace_id.hex()} for time_, value, trace_id in rows]


def _points(store: Store, ids: list[int], since_ns: int) -> list[list[Any]]:
    """[seconds, series, value or count, sum] of every instance's points, oldest first."""
    marks = ",".join("?" * len(ids))
    rows = store.read(
        f"SELECT time, series, coalesce(value, count), sum FROM points WHERE series IN ({marks}) AND time >= ?"
        " AND (value IS NOT NULL OR count IS NOT NULL) ORDER BY time", (*ids, since_ns),
    )
    return [[time_ / 1e9, series, _json(value), _json(total)] for time_, series, value, total in rows]
