"""The requests of some cells of the heatmap, and the others of its window: how many there are, and a sample of each.

Rows are chosen by a multiplicative hash of their number (D. E. Knuth, "The Art of Computer Programming", 6.4): the same question
looks at the same ones, spread evenly.

Subtle: counting first and then reading the few that are wanted is twice as fast as looking at each in Python, but where a query
decodes attributes that would be done twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from labctl.telemetry.page.roots import ROOTS, Times
from labctl.telemetry.page.search import SearchCondition
from labctl.telemetry.query.trace_spans import RootRow
from labctl.telemetry.store.store import Store

MOST: Final = 1500                      # of each of the two
_HASH: Final = "((rowid * 2654435761) & 4294967295)"
_HASHES: Final = 1 << 32
_CELLS: Final = "start >= ? AND start < ? AND duration >= ? AND duration < ?"


@dataclass(frozen=True, slots=True)
class CellSelection:
    window: Times
    times: Times
    durations: tuple[int, int]          # ns, the first included and the second not
    condition: SearchCondition

    @property
    def cells(self) -> tuple[int, int, int, int]:
        return *_ns(self.times), *self.durations

    @property
    def by_time(self) -> bool:
        """Whether it is only a part of the window."""
        inside = min(self.times.end_ms, self.window.end_ms) - max(self.times.begin_ms, self.window.begin_ms)
        return inside < 0.95 * (self.window.end_ms - self.window.begin_ms)


@dataclass(frozen=True, slots=True)
class CountedRoots:
    """Requests of the heatmap: how many there are, and a sample of them."""

    total: int
    failed: int
    sample: Sequence[RootRow]


def compared(store: Store, selection: CellSelection) -> tuple[CountedRoots, CountedRoots]:
    """The selected ones, and the others."""
    if selection.condition.decodes:
        return _looked_at(store, selection)
    return _counted(store, selection, inside=True), _counted(store, selection, inside=False)


def _counted(store: Store, selection: CellSelection, *, inside: bool) -> CountedRoots:
    times = selection.times if inside else selection.window
    source = f"{ROOTS}{selection.condition.sql} AND {'' if inside else 'NOT '}({_CELLS})"
    values = (*_ns(times), *selection.condition.values, *selection.cells)
    [(total, failed)] = store.read(f"SELECT count(*), coalesce(sum(error), 0) FROM {source}", values)
    limit = int(_HASHES * min(MOST / max(total, 1), 1.0))
    rows = store.read(f"SELECT {_HASH}, rowid, trace_id FROM {source} AND {_HASH} < ?", (*values, limit))
    return CountedRoots(total, failed, [RootRow(row, trace_id) for _, row, trace_id in sorted(rows)])


def _looked_at(store: Store, selection: CellSelection) -> tuple[CountedRoots, CountedRoots]:
    others, selected = _Sample(), _Sample()
    query = f"SELECT {_CELLS}, error, {_HASH}, rowid, trace_id FROM {ROOTS}{selection.condition.sql}"
    for rows in store.batches(query, (*selection.cells, *_ns(selection.window), *selection.condition.values)):
        for inside, *row in rows:
            (selected if inside else others).add(*row)
    return selected.counted(), others.counted()


class _Sample:
    """Those with the least hashes."""

    def __init__(self) -> None:
        self._total = self._failed = 0
        self._rows: list[tuple[int, int, bytes]] = []

    def add(self, error: int, *row: Any) -> None:
        self._total += 1
        self._failed += error
        self._rows.append(row)
        if len(self._rows) >= 2 * MOST:
            self._rows = sorted(self._rows)[:MOST]

    def counted(self) -> CountedRoots:
        return CountedRoots(self._total, self._failed, [RootRow(row, trace) for _, row, trace in sorted(self._rows)[:MOST]])


def _ns(times: Times) -> tuple[int, int]:
    return times.begin_ms * 10**6, times.end_ms * 10**6
