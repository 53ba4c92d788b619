"""What sets the requests of some cells of the heatmap apart from the others of its window, as `labctl why RUN` ranks it.

    GET /api/page/apart?begin=<Unix ms>&end=&from=<Unix ms>&to=&low=<ns>&high=<ns>&query=<as in `search`>
    {"selected": {"total", "failed", "looked_at"}, "others": {…}, "failed_p", "stopped_s": <null, or when reading was stopped>,
     "started": <Unix s, what times count from>, "conditions": <looked at>, "differences": [{"sort", "service", "span", "key",
     "comparison", "value", "group_with", "group", "rest_with", "rest", "p", "also": […], "own_ms", "trace_id", "span_id"}, …],
     "own_times": [{"service", "span", "slow_mean_ms", "rest_mean_ms", "longer_ms", …}, …]}

The selected ones are those of [from, to) that took [low, high); the others are all that are left of [begin, end) and the query.

Of many, an evenly spread sample is read, some of both at a time, until there are enough. The question alone says which, so the
same address gives the same answer; only where READ_S are over is reading stopped before.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from labctl.telemetry.comparison import reading
from labctl.telemetry.comparison.groups import RequestGroup, ToldDifference, chosen_group
from labctl.telemetry.comparison.span_page import SpanPage
from labctl.telemetry.comparison.stratified_test import Stratum, more_frequent
from labctl.telemetry.page import compared_roots
from labctl.telemetry.page.compared_roots import CellSelection
from labctl.telemetry.query.ids import OF_A_TRACE
from labctl.telemetry.query.trace_spans import NotRead, RootRow, TraceReader
from labctl.telemetry.store.store import Store

MOST_SPANS: Final = 40_000
READ_S: Final = 5.0                     # a machine that is too busy for all of them has an answer too
_AT_ONCE: Final = 100                   # requests of each of the two groups
_MOST_OWN_TIMES: Final = 8


def apart(store: Store, selection: CellSelection) -> dict[str, Any]:
    selected, others = compared_roots.compared(store, selection)
    pages, stopped_s = _pages(store, selected.sample, others.sample)
    requests = reading.read(pages, any_root=True).since_sent()
    wanted = {one.trace_id.hex() for one in selected.sample}
    chosen = [one for one, trace_id in enumerate(requests.trace_ids) if trace_id in wanted]
    group = chosen_group(requests, chosen, by_time=selection.by_time)
    counted = Stratum(selected.total + others.total, selected.total, selected.failed + others.failed, selected.failed)
    return {
        "selected": {"total": selected.total, "failed": selected.failed, "looked_at": group.size},
        "others": {"total": others.total, "failed": others.failed, "looked_at": group.rest},
        "failed_p": more_frequent([counted]), "stopped_s": stopped_s, "started": requests.due_s[0] if len(requests) else None,
        **_told(store, group),
    }


def _pages(store: Store, selected: Sequence[RootRow], others: Sequence[RootRow]) -> tuple[Sequence[SpanPage], float | None]:
    """And after how many seconds reading was stopped, where there was no time for all of them.

    Of traces that are too large to be read at once, fewer are; one that is too large by itself is left out, with its pair.
    """
    reader, deadline, spans, pages = TraceReader(store), time.monotonic() + READ_S, 0, list[SpanPage]()
    first, at_once = 0, _AT_ONCE
    while first < max(len(selected), len(others)) and spans < MOST_SPANS:
        some = [*selected[first:first + at_once], *others[first:first + at_once]]
        try:
            page = reader.page(some, deadline)
        except NotRead:
            if time.monotonic() > deadline:
                return pages, READ_S
            first, at_once = first + (at_once == 1), max(at_once // 2, 1)
            continue
        pages.append(page)
        spans += len(page.starts)
        first, at_once = first + at_once, min(2 * at_once, _AT_ONCE)
    return pages, None


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


