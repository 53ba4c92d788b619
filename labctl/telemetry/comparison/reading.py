"""Reads spans from the viewer and makes requests of them: a trace is a request, its longest root says how long it took."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple

from labctl.telemetry.comparison.requests import CLIENT, WAIT, Operation, RunRequests
from labctl.telemetry.comparison.span_page import SpanOrigin, SpanPage

WAIT_KEY: Final = "labctl.wait_ms"
_LEFT_OUT: Final = frozenset({"labctl.due_offset_ms", WAIT_KEY})        # known already: when a request was due, and sent
_FAILURE_KEYS: Final = ("error.type", "http.response.status_code")
_MOST_OPERATIONS: Final = 100           # names with an id in them would be as many as requests
_OTHERS: Final = Operation("", "spans of rarer names", "")
_SHIFT: Final = 32


class SpanRow(NamedTuple):
    """A span; `origin` and `pairs` are numbers of what many spans share."""

    span_id: str
    parent_id: str
    start: int                          # Unix ns
    duration: int                       # ns
    error: int = 0
    origin: int = 0
    pairs: Sequence[int] = ()


def read(pages: Iterable[SpanPage], without: str = "", *, any_root: bool = False) -> RunRequests:
    """Traces whose id begins with `without`, if it is not empty, are left out. `any_root`: not all are requests of labctl."""
    reading = _Reading()
    for page in pages:
        reading.add(page)
    if without:
        reading.traces = {one: rows for one, rows in reading.traces.items() if not one.startswith(without)}
    return reading.requests(any_root=any_root)


def own_times(rows: Sequence[SpanRow]) -> list[int]:
    """The self time of each, in ns: its duration without what its children cover of it."""
    children: dict[str, list[tuple[int, int]]] = {}
    for row in rows:
        children.setdefault(row.parent_id, []).append((row.start, row.start + row.duration))
    return [row.duration - _covered(row, children[row.span_id]) if row.span_id in children else row.duration for row in rows]


def _covered(row: SpanRow, children: list[tuple[int, int]]) -> int:
    reached, end, covered = row.start, row.start + row.duration, 0
    for begin, finish in sorted(children):
        low, high = max(begin, reached), min(finish, end)
        if high > low:
            covered += high - low
            reached = high
    return covered


class _Reading:
    def __init__(self) -> None:
        self.traces: dict[str, list[SpanRow]] = defaultdict(list)
        self._origins: list[SpanOrigin] = []
        self._origin_of: dict[Any, int] = {}
        self._operations: list[Operation] = []
        self._operation_of: list[int] = []          # by origin
        self._pairs: list[tuple[str, Any]] = []
        self._pair_of: dict[Any, int] = {}
        self._waits: dict[int, float] = {}          # by pair

    def add(self, page: SpanPage) -> None:
        origins = [self._origin(one) for one in page.origins_table]
        pairs = [self._pair(key, value) for key, value in page.pairs]
        traces = self.traces
        columns = zip(
            page.trace_ids, page.span_ids, page.parent_ids, page.starts, page.durations, page.errors, page.origins,
            page.attributes, strict=True,
        )
        for trace_id, own, parent, start, duration, error, origin, attributes in columns:
            row = SpanRow(own, parent, start, duration, error, origins[origin], [pairs[one] for one in attributes])
            traces[trace_id].append(row)

    def _origin(self, origin: SpanOrigin) -> int:
        key = (origin.service, origin.name, origin.kind, *sorted(origin.resource.items()))
        known = self._origin_of.get(key)
        if known is None:
            known = self._origin_of[key] = len(self._origins)
            self._origins.append(origin)
            self._operation_of.append(self._operation(Operation(origin.service, origin.name, origin.kind)))
        return known

    def _operation(self, operation: Operation) -> int:
        if operation not in self._operations:
            if len(self._operations) >= _MOST_OPERATIONS:
                operation = _OTHERS
            if operation not in self._operations:
                self._operations.append(operation)
        return self._operations.index(operation)

    def _pair(self, key: str, value: Any) -> int:
        known = self._pair_of.get((key, value, type(value)))
        if known is None:
            known = self._pair_of[key, value, type(value)] = len(self._pairs)
            self._pairs.append((key, value))
            if key == WAIT_KEY and isinstance(value, int | float):
                self._waits[known] = max(float(value), 0.0)
        return known

    def requests(self, *, any_root: bool = False) -> RunRequests:
        found, having = RunRequests(), _Having(self._operation_of)
        roots = [(_root(rows), trace_id, rows) for trace_id, rows in self.traces.items()]
        roots = self._without_unserved(roots) if any_root else _without_sampled_out(roots)
        waits = [next((self._waits[one] for one in root.pairs if one in self._waits), 0.0) for root, _, _ in roots]
        due = [root.start - wait * 1e6 for (root, _, _), wait in zip(roots, waits, strict=True)]
        own_ms, began_s = ([array("d", bytes(8 * len(roots))) for _ in self._operations] for _ in range(2))
        for index, place in enumerate(sorted(range(len(roots)), key=due.__getitem__)):
            root, trace_id, rows = roots[place]
            found.trace_ids.append(trace_id)
            found.due_s.append(due[place] / 1e9)
            found.wait_ms.append(waits[place])
            found.latency_ms.append(root.duration / 1e6 + waits[place])
            found.failures.append(self._failure(root, rows) if root.error else "")
            found.routes.append(self._route(root, rows))
            for row, own in zip(rows, own_times(rows), strict=True):
                operation = self._operation_of[row.origin]
                own_ms[operation][index] += own / 1e6
                began_s[operation][index] = row.start / 1e9
                having.note(index, row)
        found.own_ms = dict(zip(self._operations, own_ms, strict=True))
        found.began_s = dict(zip(self._operations, began_s, strict=True))
        if any(waits):
            found.own_ms[WAIT] = found.wait_ms
        self._tell(having, found)
        return found

    def _without_unserved(self, traces: list[tuple[SpanRow, str, list[SpanRow]]]) -> list[tuple[SpanRow, str, list[SpanRow]]]:
        """The same as `_without_sampled_out`, of the services of which requests with further spans are there too."""
        calling = {self._origins[root.origin].service for root, _, rows in traces if len(rows) > 1}
        return [one for one in traces if len(one[2]) > 1 or one[0].error or not self._calls(one[0], calling)]

    def _calls(self, root: SpanRow, calling: set[str]) -> bool:
        origin = self._origins[root.origin]
        return origin.kind == CLIENT and origin.service in calling

    def _tell(self, having: "_Having", found: RunRequests) -> None:
        for origin, indexes in having.origins.items():
            found.present.setdefault(self._operations[self._operation_of[origin]], []).extend(indexes)
            found.resources.append((self._origins[origin].service, self._origins[origin].resource, indexes))
        for number, indexes in having.pairs.items():
            key, value = self._pairs[number & (1 << _SHIFT) - 1]
            if key not in _LEFT_OUT:
                found.attributes.setdefault((self._operations[number >> _SHIFT], key), []).append((value, indexes))

    def _failure(self, root: SpanRow, rows: list[SpanRow]) -> str:
        """`503`, or `503 (model_inference: overflow)` where another span failed too: the one that began last."""
        inside = [row for row in rows if row.error and row is not root]
        kind = self._kind_of_failure(root)
        if not inside:
            return kind
        deepest = max(inside, key=attrgetter("start"))
        return f"{kind} ({self._origins[deepest.origin].name}: {self._kind_of_failure(deepest)})"

    def _kind_of_failure(self, row: SpanRow) -> str:
        told = dict(self._pairs[pair] for pair in row.pairs)
        return next((str(told[key]) for key in _FAILURE_KEYS if key in told), "error")

    def _route(self, root: SpanRow, rows: list[SpanRow]) -> str:
        served = next((row for row in rows if self._origins[row.origin].kind == "server"), root)
        return self._origins[served.origin].name


class _Having:
    """Which requests have which pairs and origins."""

    def __init__(self, operation_of: Sequence[int]) -> None:
        self.pairs: dict[int, list[int]] = defaultdict(list)    # operation and pair in one number
        self.origins: dict[int, list[int]] = defaultdict(list)
        self._above = [one << _SHIFT for one in operation_of]

    def note(self, index: int, row: SpanRow) -> None:
        self.origins[row.origin].append(index)
        above, pairs = self._above[row.origin], self.pairs
        for pair in row.pairs:
            pairs[above | pair].append(index)


def _without_sampled_out(traces: list[tuple[SpanRow, str, list[SpanRow]]]) -> list[tuple[SpanRow, str, list[SpanRow]]]:
    """Where the service's spans are there, a success of which only the client's span is left says nothing of the service."""
    whole = [one for one in traces if len(one[2]) > 1 or one[0].error]
    return whole if any(len(rows) > 1 for _, _, rows in whole) else traces


def _root(rows: list[SpanRow]) -> SpanRow:
    """The longest span without a parent; where none has arrived, the first."""
    roots = [row for row in rows if not row.parent_id]
    return max(roots, key=attrgetter("duration")) if roots else min(rows, key=attrgetter("start"))
