"""Requests, which are root spans, by time and latency: the cells of a heatmap, and the requests in some of them.

    GET /api/page/heatmap?begin=<Unix ms>&end=<Unix ms>&width=<ms of a column>&query=<as in `search`>
    {"begin": ms, "width": ms, "bounds": [ns, …], "columns": [null | {"count", "errors", "p50", "p90", "p99", "max",
     "cells": [row, count, errors, …]}, …]}
    GET /api/page/requests?begin=&end=&low=<ns>&high=<ns>&query=
    {"total", "requests": [{"trace_id", "name", "service", "start", "duration_ms", "error"}, …]}    the slowest of them

Exact: every stored request is counted. All is read from the index `roots_by_start` alone, and a column is kept until something
in it changes. Subtle: counts and percentiles are looked up in a column's sorted durations, which is faster than any grouping.
SQLite gives them as one text: a row for each would hold the GIL, which the writer needs, and two columns could not be read at
once. Up to _FEW are sorted in Python, in a third of SQLite's time; more are sorted in SQLite, in a third of Python's memory.
"""

import json
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from labctl.telemetry.page.search import SearchCondition
from labctl.telemetry.store.store import Store

PER_DECADE: Final = 10
BOUNDS: Final = tuple(round(10 ** (4 + step / PER_DECADE)) for step in range(7 * PER_DECADE + 1))      # 10 us to 100 s
"""Nanoseconds. A cell has durations from one bound up to the next; one more is below the first, another above the last."""
MOST_COLUMNS: Final = 400
MOST_LISTED: Final = 200
READERS: Final = 2
_FEW: Final = 1 << 15                   # durations of a column
_PIECE: Final = 1 << 18                 # characters that are parsed at a time
ROOTS: Final = "spans INDEXED BY roots_by_start WHERE parent_id = x'' AND start >= ? AND start < ?"


@dataclass(frozen=True, slots=True)
class Times:
    begin_ms: int
    end_ms: int
    width_ms: int


def last_request(store: Store, before: float, less: str) -> float | None:
    """When the last one began, in Unix seconds. Those named `less`, or after `before` (a wrong clock), do not count."""
    query = f"SELECT start FROM {ROOTS} AND name != ? ORDER BY start DESC LIMIT 1"
    found = store.read(query, (0, int(before * 1e9), less))
    return found[0][0] / 1e9 if found else None


def heatmap(store: Store, times: Times, condition: SearchCondition) -> dict[str, Any]:
    def column(begin_ms: int) -> Any:
        begin, end = begin_ms * 10**6, min(begin_ms + times.width_ms, times.end_ms) * 10**6
        key = (condition.sql, *condition.values)
        return store.kept_answers.get(key, begin, end, lambda: _column(store, begin, end, condition))

    with ThreadPoolExecutor(READERS) as readers:
        columns = list(readers.map(column, range(times.begin_ms, times.end_ms, times.width_ms)))
    return {"begin": times.begin_ms, "width": times.width_ms, "bounds": BOUNDS, "columns": columns}


def _column(store: Store, begin: int, end: int, condition: SearchCondition) -> dict[str, Any] | None:
    every, failed = _durations(store, (begin, end, *condition.values), condition)
    if not every:
        return None
    return {
        "count": len(every), "errors": len(failed), "p50": _percentile(every, 50), "p90": _percentile(every, 90),
        "p99": _percentile(every, 99), "max": every[-1], "cells": _cells(every, failed),
    }


def _durations(store: Store, values: tuple[Any, ...], condition: SearchCondition) -> tuple[Sequence[int], Sequence[int]]:
    """Of all requests, and of the failed ones; both sorted."""
    texts = "SELECT group_concat(duration), group_concat(duration) FILTER (WHERE error), count(*) FROM"
    rows = f"SELECT duration, error FROM {ROOTS}{condition.sql}"
    [(every, failed, count)] = store.read(f"{texts} ({rows} LIMIT {_FEW + 1})", values)
    if count <= _FEW:
        return sorted(json.loads(f"[{every or ''}]")), sorted(json.loads(f"[{failed or ''}]"))
    [(every, failed, _)] = store.read(f"{texts} ({rows} ORDER BY duration)", values)
    return _numbers(every), _numbers(failed or "")


def _numbers(text: str) -> "array[int]":
    found, begin = array("q"), 0
    while begin < len(text):
        end = text.find(",", begin + _PIECE)
        end = end if end >= 0 else len(text)
        found.fromlist(json.loads(f"[{text[begin:end]}]"))
        begin = end + 1
    return found


def _percentile(durations: Sequence[int], percent: int) -> int:
    """The smallest duration that so many percent do not exceed."""
    return durations[max(-(-len(durations) * percent // 100) - 1, 0)]


def _cells(every: Sequence[int], failed: Sequence[int]) -> list[int]:
    """Row, count and errors of each cell that is not empty. Row 0 is below the first bound."""
    found, last, last_failed = list[int](), 0, 0
    for row, bound in enumerate((*BOUNDS, every[-1] + 1)):
        if last == len(every):
            break
        below, below_failed = bisect_left(every, bound, last), bisect_left(failed, bound, last_failed)
        if below > last:
            found += (row, below - last, below_failed - last_failed)
        last, last_failed = max(last, below), max(last_failed, below_failed)
    return found


def requests(store: Store, times: Times, durations: tuple[int, int], condition: SearchCondition) -> dict[str, Any]:
    """Those of `durations`, in nanoseconds, the first included and the second not."""
    source = f"{ROOTS} AND duration >= ? AND duration < ?{condition.sql}"
    values = (times.begin_ms * 10**6, times.end_ms * 10**6, *durations, *condition.values)
    [(total,)] = store.read(f"SELECT count(*) FROM {source}", values)
    rows = store.read(
        "SELECT trace_id, name, service, start, duration, error FROM"
        f" (SELECT trace_id, name, resource, start, duration, error FROM {source} ORDER BY duration DESC, start LIMIT ?)"
        " JOIN resources ON resources.id = resource ORDER BY duration DESC, start", (*values, MOST_LISTED),
    )
    return {"total": total, "requests": [
        {"trace_id": trace_id.hex(), "name": name, "service": service, "start": start / 1e9, "duration_ms": duration / 1e6,
         "error": bool(error)}
        for trace_id, name, service, start, duration, error in rows
    ]}
