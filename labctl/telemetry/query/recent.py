"""How a metric has changed lately: its increase by time slot, and the buckets of that time alone.

Subtle: counters and histograms are totals since their series began (`series.start`), and a reset begins another series. So the
increase in a window is the last total less the one before the window; a series that began within the window began at zero. One
that began earlier, and of which no earlier point is stored, counts from its first point.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from labctl.telemetry.otlp.attributes import number
from labctl.telemetry.query.buckets import Buckets, less, merged
from labctl.telemetry.store.store import Store

MOST_POINTS: Final = 20_000             # that are read of one instance's series, the latest
RECORDED = "(value IS NOT NULL OR count IS NOT NULL)"


@dataclass(frozen=True, slots=True)
class Window:
    """The time from `begin_ns` (exclusive) to `end_ns`, in `slots` equal parts."""

    begin_ns: int
    end_ns: int
    slots: int

    def slot(self, time_ns: int) -> int:
        return min((time_ns - self.begin_ns) * self.slots // (self.end_ns - self.begin_ns), self.slots - 1)


@dataclass(slots=True)
class _Total:
    count: float = 0.0
    sum: float = 0.0
    buckets: Buckets = field(default_factory=lambda: ([], []))


def recent(store: Store, ids: Sequence[int], window: Window, *, adds_up: bool) -> dict[str, Any]:
    """Of all instances together. `adds_up`: a counter or histogram, whose slots are increases; else they are values."""
    slots: list[float | None] = [None] * window.slots
    begun, grown = window.end_ns, []
    for series in ids:
        points = store.read(
            "SELECT time, coalesce(value, count) FROM points"
            f" WHERE series = ? AND time > ? AND time <= ? AND {RECORDED} ORDER BY time DESC LIMIT ?",
            (series, window.begin_ns, window.end_ns, MOST_POINTS),
        )[::-1]
        if not points:
            continue
        [(start,)] = store.read("SELECT start FROM series WHERE id = ?", (series,))
        earlier = _total(store, series, window.begin_ns)
        zero = earlier is None and start > window.begin_ns
        begun = min(begun, window.begin_ns if earlier else start if zero else points[0][0])
        if adds_up:
            before = earlier or (_Total() if zero else _total(store, series, points[0][0])) or _Total()
            _add(slots, points, window, before.count)
            now = _total(store, series, window.end_ns) or before
            grown.append(_Total(now.count - before.count, now.sum - before.sum, less(now.buckets, before.buckets)))
        else:
            _carry(slots, points, window)
    if adds_up and grown:
        slots = [slot or (0.0 if place >= window.slot(begun) else None) for place, slot in enumerate(slots)]
    found = {
        "seconds": (window.end_ns - begun) / 1e9, "slot_seconds": (window.end_ns - window.begin_ns) / 1e9 / window.slots,
        "slots": [None if value is None else number(float(value)) for value in slots],
    }
    return {**found, **_together(grown)} if adds_up else found


def _total(store: Store, series: int, at_ns: int) -> _Total | None:
    """The last total at that time or before."""
    rows = store.read(
        "SELECT coalesce(value, count), sum, bounds, counts FROM points"
        f" WHERE series = ? AND time <= ? AND {RECORDED} ORDER BY time DESC LIMIT 1", (series, at_ns),
    )
    if not rows:
        return None
    count, sum_, bounds, counts = rows[0]
    return _Total(float(count), float(sum_ or 0), (json.loads(bounds or "[]"), json.loads(counts or "[]")))


def _add(slots: list[float | None], points: Sequence[Any], window: Window, last: float) -> None:
    for time_ns, value in points:
        total, slot = float(value), window.slot(time_ns)
        slots[slot] = (slots[slot] or 0.0) + max(0.0, total - last)
        last = total


def _carry(slots: list[float | None], points: Sequence[Any], window: Window) -> None:
    """Its last value in each slot; where it had none, the one before that."""
    values = {window.slot(time_ns): float(value) for time_ns, value in points}
    last = 0.0
    for slot in range(min(values), window.slots):
        last = values.get(slot, last)
        slots[slot] = (slots[slot] or 0.0) + last


def _together(grown: Sequence[_Total]) -> dict[str, Any]:
    bounds, counts = merged([one.buckets for one in grown if one.buckets[1]])
    return {
        "increase": number(sum(one.count for one in grown)), "sum": number(sum(one.sum for one in grown)), "bounds": bounds,
        "counts": counts,
    }
