"""Metrics for the page: what there is, and of one metric its series over time, its percentiles and its exemplars.

    GET /api/page/metrics    {"metrics": [{"service", "name", "unit", "type", "monotonic", "series"}, …], "left_out"}
    GET /api/page/metric?name=&service=&type=&end=<Unix ms>&minutes=&on=<id>,…
    {"service", "unit", "type", "monotonic", "begin": <Unix ms>, "width": <ms of a slot>, "slots",
     "known": [{"id", "attributes"}, …], "left_out", "series": [{"id", "values": [… | null]}, …],
     "percentiles": null | {"p50": [… | null], "p90", "p99"},
     "buckets": null | {"bounds", "slots": [[count, …] | null, …]},
     "exemplars": [{"time": <Unix ms>, "value", "trace_id", "span_id"}, …]}

Values of what adds up are increases a second. The percentiles and buckets are those of all series in `series` together: those
that are `on`, or the first MOST_ON. Only these are read, however many there are.

Subtle: null is where nothing is known: before the first point, after the last, across a reset, and where points are missing for
longer than usual. A total that rose over two slots rose evenly, as far as is known.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any, Final

from labctl.telemetry.http.messages import HTTPProblem
from labctl.telemetry.otlp.attributes import number
from labctl.telemetry.query.buckets import Buckets, less, merged
from labctl.telemetry.query.recent import RECORDED, Window
from labctl.telemetry.statistics.quantile import quantile
from labctl.telemetry.store.store import Store

MOST_LISTED: Final = 2000               # metrics
MOST_KNOWN: Final = 2000                # series of one
MOST_ON: Final = 6                      # without a choice
MOST_CHOSEN: Final = 24
MOST_INSTANCES: Final = 200             # and resets, of those that are read
MOST_EXEMPLARS: Final = 300
MOST_BUCKETS: Final = 200
MISSING: Final = 2.5                    # times as long as usual between two points
_NEVER: Final = -1
_OF: Final = "series JOIN resources ON resources.id = series.resource WHERE"


@dataclass(frozen=True, slots=True)
class SeriesWanted:
    name: str
    service: str
    type: str
    on: tuple[str, ...]                 # ids of series; (): the first
    window: Window


@dataclass(frozen=True, slots=True)
class Point:
    time: int                           # ns
    slot: int
    value: float
    buckets: Buckets = ((), ())


def catalogue(store: Store) -> dict[str, Any]:
    rows = store.read(
        f"SELECT service, name, unit, type, monotonic, count(DISTINCT attributes) FROM {_OF} 1"
        f" GROUP BY service, name, unit, type, monotonic ORDER BY name, service LIMIT {MOST_LISTED + 1}")
    return {"left_out": len(rows) > MOST_LISTED, "metrics": [
        {"service": service, "name": name, "unit": unit, "type": type_, "monotonic": bool(monotonic and type_ != "gauge"),
         "series": series}
        for service, name, unit, type_, monotonic, series in rows[:MOST_LISTED]
    ]}


def metric(store: Store, choice: SeriesWanted) -> dict[str, Any]:
    """Raises HTTPProblem where there is none."""
    found = store.read(
        f"SELECT service, unit, type, max(monotonic), count(DISTINCT attributes) FROM {_OF} name = ? AND (? = '' OR service = ?)"
        " AND (? = '' OR type = ?) GROUP BY service, unit, type ORDER BY max(series.id) DESC LIMIT 1",
        (choice.name, choice.service, choice.service, choice.type, choice.type))
    if not found:
        raise HTTPProblem(404, "there is no such metric", choice.name[:200])
    service, unit, type_, monotonic, every = found[0]
    one_of_it = (choice.name, service, unit, type_)
    known = store.read(
        f"SELECT attributes FROM {_OF} name = ? AND service = ? AND unit = ? AND type = ? GROUP BY attributes"
        f" ORDER BY min(series.id) LIMIT {MOST_KNOWN}", one_of_it)
    by_id = {series_id(attributes): attributes for (attributes,) in known}
    on = [one for one in choice.on if one in by_id][:MOST_CHOSEN] or list(by_id)[:MOST_ON]
    ids = {one: _instances(store, (*one_of_it, by_id[one])) for one in on}
    window, adds_up = choice.window, bool(monotonic and type_ != "gauge")
    read = {one: [list(_points(store, series, window, whole=type_ == "histogram")) for series in ids[one]] for one in on}
    return {
        "service": service, "unit": unit, "type": type_, "monotonic": adds_up,
        "begin": window.begin_ns // 10**6, "slots": window.slots, "width": (window.end_ns - window.begin_ns) / 1e6 / window.slots,
        "left_out": max(every - len(known), 0),
        "known": [{"id": one, "attributes": json.loads(attributes)} for one, attributes in by_id.items()],
        "series": [{"id": one, "values": _together(read[one], window, adds_up=adds_up)} for one in on],
        **_distribution([points for one in on for points in read[one]] if type_ == "histogram" else [], window),
        "exemplars": _exemplars(store, [series for one in on for series in ids[one]], window),
    }


def series_id(attributes: str) -> str:
    return f"{zlib.crc32(attributes.encode(errors='replace')):08x}"


def _instances(store: Store, one: tuple[str, ...]) -> list[int]:
    """Of one series: those of each instance, and after each reset."""
    return [series for (series,) in store.read(
        f"SELECT series.id FROM {_OF} name = ? AND service = ? AND unit = ? AND type = ? AND attributes = ?"
        f" ORDER BY series.id DESC LIMIT {MOST_INSTANCES}", one)]


def _points(store: Store, series: int, window: Window, *, whole: bool) -> Iterator[Point]:
    """The last of each slot, and before them where the series stood at the beginning: in slot _NEVER."""
    columns = "coalesce(value, count), bounds, counts" if whole else "coalesce(value, count), '', ''"
    earlier = store.read(
        f"SELECT time, {columns} FROM points WHERE series = ? AND time <= ? AND {RECORDED} ORDER BY time DESC LIMIT 1",
        (series, window.begin_ns))
    rows = store.read(
        f"SELECT max(time), {columns} FROM points WHERE series = ? AND time > ? AND time <= ? AND {RECORDED}"
        f" GROUP BY (time - {window.begin_ns}) * {window.slots} / {window.end_ns - window.begin_ns} ORDER BY time",
        (series, window.begin_ns, window.end_ns))
    if not rows:
        return
    [(start, zero)] = store.read("SELECT start, monotonic FROM series WHERE id = ?", (series,))
    if earlier:
        yield _point(earlier[0], _NEVER)
    elif zero and window.begin_ns < start < rows[0][0]:
        # as if it had begun a slot earlier: a first value that came soon is no peak
        begun = min(start, rows[0][0] - (window.end_ns - window.begin_ns) // window.slots)
        yield Point(begun, window.slot(start), 0.0)
    for row in rows:
        yield _point(row, window.slot(row[0]))


def _point(row: Sequence[Any], slot: int) -> Point:
    time, value, bounds, counts = row
    return Point(time, slot, float(value), (json.loads(bounds or "[]"), json.loads(counts or "[]")))


def _usual(points: Sequence[Point]) -> float:
    """Nanoseconds between two points."""
    return median([after.time - before.time for before, after in _pairs(points)] or [0])


def _pairs(points: Sequence[Point]) -> Iterable[tuple[Point, Point]]:
    return pairwise(points)


def _began_anew(before: Point, after: Point, *, adds_up: bool) -> bool:
    """A counter that counts from zero again, though its sender tells no new beginning."""
    return adds_up and (after.value < before.value or any(count < 0 for count in less(after.buckets, before.buckets)[1]))


def _spans(points: Sequence[Point], *, adds_up: bool) -> Iterator[tuple[Point, Point, range]]:
    """Two points that follow each other as usual, and the slots that the second tells of."""
    longest = MISSING * _usual(points)
    for before, after in _pairs(points):
        if after.time - before.time <= longest and not _began_anew(before, after, adds_up=adds_up):
            yield before, after, range(min(before.slot + 1, after.slot), after.slot + 1)


def _together(instances: Sequence[Sequence[Point]], window: Window, *, adds_up: bool) -> list[float | str | None]:
    slots = list[float | None]([None] * window.slots)
    for points in instances:
        for slot, value in _values(points, adds_up=adds_up):
            slots[slot] = (slots[slot] or 0.0) + value
    return [None if value is None else number(value) for value in slots]


def _values(points: Sequence[Point], *, adds_up: bool) -> Iterator[tuple[int, float]]:
    """Each slot once."""
    found = dict[int, float]()
    for before, after, slots in _spans(points, adds_up=adds_up):
        for slot in slots:
            found[slot] = (after.value - before.value) / ((after.time - before.time) / 1e9) if adds_up else before.value
    if not adds_up:
        found |= {point.slot: point.value for point in points if point.slot != _NEVER}
    yield from found.items()


def _distribution(instances: Sequence[Sequence[Point]], window: Window) -> dict[str, Any]:
    """Percentiles and buckets of all together, where they have buckets."""
    changes = list[list[Buckets]]([] for _ in range(window.slots))
    for points in instances:
        for before, after, slots in _spans(points, adds_up=True):
            change = less(after.buckets, before.buckets)
            for slot in slots:
                changes[slot].append(change)
    merged_slots = [merged([one for one in change if one[1]]) for change in changes]
    if not any(bounds for bounds, _ in merged_slots):
        return {"percentiles": None, "buckets": None}
    return {
        "percentiles": {f"p{percent}": [quantile(percent / 100, *one) for one in merged_slots] for percent in (50, 90, 99)},
        "buckets": _buckets(merged_slots),
    }


def _buckets(slots: Sequence[tuple[list[float], list[int]]]) -> dict[str, Any] | None:
    """With the bounds that all slots share."""
    used = [set(bounds) for bounds, counts in slots if any(counts)]
    common = sorted(set.intersection(*used)) if used else []
    if not common or len(common) > MOST_BUCKETS:
        return None
    return {"bounds": common, "slots": [_counts(common, one) if any(one[1]) else None for one in slots]}


def _counts(common: list[float], one: Buckets) -> list[int]:
    found, place = [0] * (len(common) + 1), 0
    for bound, count in zip([*one[0], None], one[1], strict=False):
        while place < len(common) and (bound is None or common[place] < bound):
            place += 1
        found[place] += count
    return found


def _exemplars(store: Store, series: Sequence[int], window: Window) -> list[dict[str, Any]]:
    if not series:
        return []
    rows = store.read(
        f"SELECT time, value, trace_id, span_id FROM exemplars WHERE series IN ({','.join('?' * len(series))})"
        f" AND time > ? AND time <= ? ORDER BY time DESC LIMIT {MOST_EXEMPLARS}", (*series, window.begin_ns, window.end_ns))
    return [{"time": time / 1e6, "value": number(float(value)), "trace_id": trace_id.hex(), "span_id": span_id.hex()}
            for time, value, trace_id, span_id in rows]
