"""The spans of many traces, by the rows of their roots: what is needed of them to compare their requests.

Subtle: no index has trace ids alone, so a trace is looked up in the parts that were written to when its root arrived, and up to
a minute before and after. Encodings above MOST_RAW are left unread: such a span is one without attributes.
"""

import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from labctl.telemetry.comparison.span_page import SpanOrigin, SpanPage
from labctl.telemetry.query.span_pages import SpanTables
from labctl.telemetry.store.store import Store

MOST_RAW: Final = 64 << 10              # bytes of one span
MOST_BYTES: Final = 16 << 20            # of the encodings that are in memory at once
_AROUND_NS: Final = 60 * 10**9
_AT_ONCE: Final = 10_000                # parameters of a query
_COLUMNS: Final = "trace_id, span_id, parent_id, start, duration, error, resource, name, kind"


class RootRow(NamedTuple):
    row: int
    trace_id: bytes


class NotRead(Exception):
    """The time for reading is up, or the traces are too large."""


class TraceReader:
    def __init__(self, store: Store) -> None:
        self._store = store
        parts = store.read("SELECT part, begun FROM parts ORDER BY part")
        self._parts, self._begun = [part for part, _ in parts], [begun for _, begun in parts]

    def page(self, roots: Sequence[RootRow], deadline: float) -> SpanPage:
        """All their spans, read until `deadline`, of time.monotonic. Raises NotRead."""
        table = SpanTables(self._store)
        rows = [
            (*row[:6], table.origin(row[6:9]), table.attributes(row[9]))
            for part, ids in self._by_part(roots).items() for row in self._rows(part, ids, deadline)
        ]
        traces, spans, parents, starts, durations, errors, origins, attributes = zip(*rows, strict=True) if rows else [()] * 8
        return SpanPage(
            _hex(traces), _hex(spans), _hex(parents), starts, durations, errors, origins, attributes,
            [SpanOrigin(**one) for one in table.origins], table.pairs, "",
        )

    def _by_part(self, roots: Sequence[RootRow]) -> Mapping[int, list[bytes]]:
        """The trace ids to be looked up in each part."""
        found: dict[int, list[bytes]] = {}
        part_of = self._parts_of([one.row for one in roots])
        around = {part: self._around(part) for part in set(part_of.values())}
        for root in roots:
            for part in around.get(part_of.get(root.row, -1), ()):
                found.setdefault(part, []).append(root.trace_id)
        return found

    def _parts_of(self, rows: Sequence[int]) -> dict[int, int]:
        found: dict[int, int] = {}
        for first in range(0, len(rows), _AT_ONCE):
            some = rows[first:first + _AT_ONCE]
            found |= dict(self._store.read(f"SELECT rowid, part FROM spans WHERE rowid IN ({_places(some)})", some))
        return found

    def _around(self, part: int) -> Sequence[int]:
        at = bisect_left(self._parts, part)
        end = self._begun[at + 1] if at + 1 < len(self._begun) else self._begun[-1]
        first = bisect_right(self._begun, self._begun[at] - _AROUND_NS) - 1
        return self._parts[max(first, 0):bisect_right(self._begun, end + _AROUND_NS)]

    def _rows(self, part: int, ids: Sequence[bytes], deadline: float) -> Iterator[Any]:
        for first in range(0, len(ids), _AT_ONCE):
            some = sorted(set(ids[first:first + _AT_ONCE]))
            query = (f"SELECT {_COLUMNS}, CASE WHEN length(raw) <= {MOST_RAW} THEN raw ELSE x'' END FROM spans"
                     f" INDEXED BY spans_by_trace WHERE part = ? AND trace_id IN ({_places(some)})")
            rows, cut = self._store.read_some(query, (part, *some), MOST_BYTES)
            if cut or time.monotonic() > deadline:
                raise NotRead
            yield from rows


def _hex(ids: Sequence[bytes]) -> list[str]:
    return [one.hex() for one in ids]


def _places(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))
