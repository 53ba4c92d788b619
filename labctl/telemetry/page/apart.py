"""What sets the requests of some cells of the heatmap apart from the others of its window, as `labctl why RUN` ranks it.

    GET /api/page/apart?begin=<Unix ms>&end=&from=<Unix ms>&to=&low=<ns>&high=<ns>&query=<as in `search`>
    {"selected": {"total", "failed", "looked_at"}, "others": {…}, "failed_p", "started": <Unix s, what times count from>,
     "conditions": <looked at>, "differences": [{"sort", "service", "span", "key", "comparison", "value", "group_with", "group",
     "rest_with", "rest", "p", "also": […], "own_ms", "trace_id", "span_id"}, …], "own_times": [{"service", "span", "slow_ms",
     "rest_ms", "longer_ms", …}, …]}

The selected ones are those of [from, to) that took [low, high); the others are all that are left of [begin, end) and the query.

Subtle: of many, an evenly spread sample is read, in rounds, each with more of them, until READ_S are over or there are enough. So
the answer takes about as long with a million requests, and says how many were looked at. Rows are chosen by a multiplicative hash
of their number (D. E. Knuth, "The Art of Computer Programming", 6.4): the same question looks at the same ones, the faster the
machine the more of them.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from labctl.telemetry.comparison import reading
from labctl.telemetry.comparison.groups import RequestGroup, ToldDifference, chosen_group
from labctl.telemetry.comparison.span_page import SpanPage
from labctl.telemetry.comparison.stratified_test import Stratum, more_frequent
from labctl.telemetry.page.roots import ROOTS, Times
from labctl.telemetry.page.search import SearchCondition
from labctl.telemetry.query.ids import OF_A_TRACE
from labctl.telemetry.query.trace_spans import RootRow, TooLate, TraceReader
from labctl.telemetry.store.store import Store

MOST_SELECTED: Final = 2000
MOST_OTHERS: Final = 2000
MOST_SPANS: Final = 40_000
READ_S: Final = 0.6
_FIRST_ROUND, _GROWTH = 90, 3           # requests of each of the two groups
_MOST_OWN_TIMES: Final = 8
_HASH: Final = "((rowid * 2654435761) & 4294967295)"
_HASHES: Final = 1 << 32


@dataclass(frozen=True, slots=True)
class CellSelection:
    window: Times
    times: Times
    durations: tuple[int, int]          # ns, the first included and the second not
    condition: SearchCondition

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


def apart(store: Store, selection: CellSelection) -> dict[str, Any]:
    selected, others = _roots(store, selection, MOST_SELECTED, inside=True), _roots(store, selection, MOST_OTHERS, inside=False)
    requests = reading.read(_pages(store, selected.sample, others.sample), any_root=True).since_sent()
    wanted = {one.trace_id.hex() for one in selected.sample}
    chosen = [one for one, trace_id in enumerate(requests.trace_ids) if trace_id in wanted]
    group = chosen_group(requests, chosen, by_time=selection.by_time)
    counted = Stratum(selected.total + others.total, selected.total, selected.failed + others.failed, selected.failed)
    return {
        "selected": {"total": selected.total, "failed": selected.failed, "looked_at": group.size},
        "others": {"total": others.total, "failed": others.failed, "looked_at": group.rest},
        "failed_p": more_frequent([counted]), "started": requests.due_s[0] if len(requests) else None, **_told(store, group),
    }


def _roots(store: Store, selection: CellSelection, most: int, *, inside: bool) -> CountedRoots:
    cells = "start >= ? AND start < ? AND duration >= ? AND duration < ?"
    times = selection.times if inside else selection.window
    source = f"{ROOTS}{selection.condition.sql} AND {'' if inside else 'NOT '}({cells})"
    values = (*_ns(times), *selection.condition.values, *_ns(selection.times), *selection.durations)
    [(total, failed)] = store.read(f"SELECT count(*), coalesce(sum(error), 0) FROM {source}", values)
    limit = _HASHES * min(most / max(total, 1), 1.0)
    rows = store.read(f"SELECT {_HASH}, rowid, trace_id FROM {source} AND {_HASH} < ?", (*values, int(limit)))
    return CountedRoots(total, failed, [RootRow(row, trace_id) for _, row, trace_id in sorted(rows)])


def _ns(times: Times) -> tuple[int, int]:
    return times.begin_ms * 10**6, times.end_ms * 10**6


def _pages(store: Store, selected: Sequence[RootRow], others: Sequence[RootRow]) -> Iterator[SpanPage]:
    begun = time.monotonic()
    reader = TraceReader(store, begun + READ_S)
    first, last, spans, most = 0, _FIRST_ROUND, 0, max(len(selected), len(others))
    while first < most:
        try:
            page = reader.page([*selected[first:last], *others[first:last]])
        except TooLate:
            return
        yield page
        spans += len(page.starts)
        times = min(last * _GROWTH, most) / last
        first, last = last, last * _GROWTH
        if spans * times > MOST_SPANS or (time.monotonic() - begun) * times > READ_S:
            return


def _told(store: Store, group: RequestGroup) -> dict[str, Any]:
    longer = [one.as_json() for one in group.own_times if one.longer_ms > 0]
    return {
        "conditions": group.looked_at, "differences": [_difference(store, one) for one in group.told],
        "own_times": longer[:_MOST_OWN_TIMES],
    }


def _difference(store: Store, told: ToldDifference) -> Mapping[str, Any]:
    """With the span of the trace that shows it."""
    found = store.read(
        f"SELECT span_id FROM spans WHERE {OF_A_TRACE} AND name = ? ORDER BY duration DESC LIMIT 1",
        (bytes.fromhex(told.trace_id), told.difference.condition.operation.name),
    )
    return {**told.as_json(), "span_id": found[0][0].hex() if found else None}


