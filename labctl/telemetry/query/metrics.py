"""Metric series from the store, summed over the instances that report them.

    GET /api/metrics?name=<name>,<name>…&service=<name>&since=<Unix s>&window=<s>&slots=<parts of it>
    {"series": […], "left_out": <series of an instance that are not in the answer>}

Subtle: whoever may send can send any number of series. An answer has those that came first, so that a flood of later ones hides
none that was there, and its making ends at MOST_SERIES, MOST_BYTES or MOST_S.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from labctl.telemetry.otlp.attributes import number
from labctl.telemetry.query.buckets import merged
from labctl.telemetry.query.recent import MOST_POINTS, Window, recent
from labctl.telemetry.store.store import Store

GONE_AFTER_NS = 15 * 10**9              # an instance that has not reported for so long no longer has a current value
CLOCKS_DIFFER_NS = 60 * 10**9           # a point further in the future is a wrong clock's, and ignored for GONE_AFTER_NS
MOST_SERIES: Final = 2000
MOST_INSTANCES: Final = 1000            # of one series
MOST_BYTES: Final = 16 << 20
MOST_S: Final = 4.0                     # less than labctl waits
PAGE_ROWS, PAGE_BYTES = 20_000, 32 << 20
Key = tuple[str, str, str, str, str, int]


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
    names: Sequence[str] = ()           # (): all
    service: str = ""
    since_ns: int | None = None         # with the points since then
    window: Window | None = None        # with the change within it


@dataclass(frozen=True, slots=True)
class MetricAnswer:
    series: Sequence[dict[str, Any]]
    left_out: int = 0                   # series of an instance


def metrics(store: Store, query: MetricQuery = MetricQuery()) -> MetricAnswer:
    """Series by service, name, attributes and type: the current value over all instances, and what else the query wants.

    Series that have ended (the last point has no recorded value) are no part of it.
    """
    deadline, size = time.monotonic() + MOST_S, 0
    groups, left_out = _groups(store, query)
    found: list[tuple[Key, dict[str, Any]]] = []
    for key, ids in groups.items():
        if size > MOST_BYTES or time.monotonic() > deadline:
            left_out += len(ids)
        elif one := _series(store, key, ids, query):
            found.append((key, one))
            size += len(json.dumps(one))
    return MetricAnswer([one for _, one in sorted(found, key=lambda keyed: keyed[0])], left_out)


def _groups(store: Store, query: MetricQuery) -> tuple[dict[Key, list[int]], int]:
    """The ids of each series at its instances, those that came first; and how many more there are."""
    found: dict[Key, list[int]] = {}
    left_out, after, more = 0, 0, True
    named = f" AND name IN ({_marks(query.names)})" if query.names else ""
    while more:
        rows, cut = store.read_some(
            "SELECT series.id, service, name, unit, type, monotonic, attributes FROM series"
            f" JOIN resources ON resources.id = series.resource WHERE series.id > ? AND (? = '' OR service = ?){named}"
            " ORDER BY series.id LIMIT ?", (after, query.service, query.service, *query.names, PAGE_ROWS), PAGE_BYTES,
        )
        for series, service, name, unit, type_, monotonic, attributes in rows:
            key = (service, name, attributes, unit, type_, monotonic)
            ids = found.setdefault(key, []) if key in found or len(found) < MOST_SERIES else None
            if ids is None or len(ids) == MOST_INSTANCES:
                left_out += 1
            else:
                ids.append(series)
        after, more = rows[-1][0] if rows else after, cut or len(rows) == PAGE_ROWS
    return found, left_out


def _series(store: Store, key: Key, ids: Sequence[int], query: MetricQuery) -> dict[str, Any] | None:
    """None: it has ended."""
    latest = _latest(store, ids)
    if not latest:
        return None
    service, name, attributes, unit, type_, monotonic = key
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


def _latest(store: Store, ids: Sequence[int]) -> list[_Latest]:
    """Of each that has not ended. A point in the future counts only where there is no other: it would stay the last for long."""
    rows = store.read(
        "SELECT series.id, p.time, value, count, sum, min, max, bounds, counts, start, instance FROM series"
        " JOIN resources ON resources.id = series.resource"
        " JOIN points AS p ON p.series = series.id AND p.time = coalesce((SELECT max(time) FROM points WHERE series = series.id"
        " AND time <= ?), (SELECT max(time) FROM points WHERE series = series.id))"
        f" WHERE series.id IN ({_marks(ids)}) AND (value IS NOT NULL OR count IS NOT NULL)", (_latest_ns(), *ids),
    )
    return [_Latest.of(row) for row in rows]


def _since(latest: Sequence[_Latest]) -> float | None:
    """When the first of them began to count, where all tell."""
    starts = [one.start for one in latest]
    return min(starts) / 1e9 if all(starts) else None


def _newest(times: list[int]) -> int:
    """The last time that is not in the future; the last of all where every one is."""
    limit = _latest_ns()
    return max((one for one in times if one <= limit), default=max(times))


def _latest_ns() -> int:
    return time.time_ns() + CLOCKS_DIFFER_NS


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


def _exemplars(store: Store, ids: Sequence[int]) -> list[Mapping[str, Any]]:
    rows = store.read(
        f"SELECT time, value, trace_id FROM exemplars WHERE series IN ({_marks(ids)}) ORDER BY time DESC LIMIT 100", ids,
    )
    return [{"time": time_ / 1e9, "value": _json(value), "trace_id": trace_id.hex()} for time_, value, trace_id in rows]


def _points(store: Store, ids: Sequence[int], since_ns: int) -> list[list[Any]]:
    """[seconds, series, value or count, sum] of every instance's points, oldest first; the latest where there are too many."""
    rows = store.read(
        f"SELECT time, series, coalesce(value, count), sum FROM points WHERE series IN ({_marks(ids)}) AND time >= ?"
        " AND (value IS NOT NULL OR count IS NOT NULL) ORDER BY time DESC LIMIT ?", (*ids, since_ns, MOST_POINTS),
    )
    return [[time_ / 1e9, series, _json(value), _json(total)] for time_, series, value, total in reversed(rows)]


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
