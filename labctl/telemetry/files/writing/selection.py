"""What of the store goes into a file, read page by page: nothing is locked between two pages, however slow the reader is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from labctl.telemetry.otlp.batch import LATEST
from labctl.telemetry.query.ids import OF_A_RUN, id_range
from labctl.telemetry.store.store import Store

PAGE_BYTES: Final = 128 << 10           # as JSON about 400 KiB: the collector's file receiver takes lines of up to 1 MiB
PAGE_ROWS: Final = 1000
WHOLE_ID: Final = 32
_AFTER_NS: Final = 10 * 10**9           # metrics and logs of a run may be this much later than its last span
Page = list[tuple[int, bytes]]          # the resource's number, and the encoded item


@dataclass(frozen=True, slots=True)
class Selection:
    """Traces whose ids begin with `prefix`, with their logs, and the metrics of that time; or, without it, all of a time."""

    prefix: str = ""                    # hex digits
    begin: int = 0                      # Unix ns
    end: int = LATEST

    @property
    def is_one_trace(self) -> bool:
        return len(self.prefix) == WHOLE_ID


def spans(store: Store, wanted: Selection) -> Iterator[Page]:
    return _by_trace(store, "spans", wanted.prefix) if wanted.prefix else _spans_by_time(store, wanted)


def logs(store: Store, wanted: Selection) -> Iterator[Page]:
    """Of a run also those of its time without a trace."""
    if not wanted.prefix:
        yield from _logs_by_time(store, wanted)
        return
    yield from _logs_by_trace(store, wanted.prefix)
    if not wanted.is_one_trace and (times := of_run(store, wanted)):
        yield from _logs_by_time(store, times, " AND trace_id = x''")


def of_run(store: Store, wanted: Selection) -> Selection | None:
    """The same as a time, and some seconds more; None: nothing is stored of it."""
    if not wanted.prefix:
        return wanted
    [(begin, end)] = store.read(f"SELECT min(start), max(start + duration) FROM spans WHERE {OF_A_RUN}", id_range(wanted.prefix))
    return None if begin is None else Selection("", begin, min(end + _AFTER_NS, LATEST))


def _by_trace(store: Store, table: str, prefix: str) -> Iterator[Page]:
    low, high = id_range(prefix)
    for [part] in store.read("SELECT part FROM parts ORDER BY part"):
        after = (low, 0)
        more = True
        while more:
            rows, more = _page(
                store, f"SELECT trace_id, rowid, resource, raw FROM {table} WHERE part = ? AND trace_id BETWEEN ? AND ?"
                " AND (trace_id, rowid) > (?, ?) ORDER BY trace_id, rowid", (part, after[0], high, *after))
            if rows:
                after = rows[-1][:2]
                yield [row[2:] for row in rows]


def _logs_by_trace(store: Store, prefix: str) -> Iterator[Page]:
    low, high = id_range(prefix)
    after, more = (low, 0), True
    while more:
        rows, more = _page(
            store, "SELECT trace_id, rowid, resource, raw FROM logs INDEXED BY logs_by_trace WHERE trace_id != x''"
            " AND trace_id BETWEEN ? AND ? AND (trace_id, rowid) > (?, ?) ORDER BY trace_id, rowid", (after[0], high, *after))
        if rows:
            after = rows[-1][:2]
            yield [row[2:] for row in rows]


def _spans_by_time(store: Store, wanted: Selection) -> Iterator[Page]:
    after, more = (wanted.begin, b"", -1), True
    while more:
        rows, more = _page(
            store, "SELECT start, span_id, crc, resource, raw FROM spans INDEXED BY spans_once WHERE start BETWEEN ? AND ?"
            " AND (start, span_id, crc) > (?, ?, ?) ORDER BY start, span_id, crc", (after[0], wanted.end, *after))
        if rows:
            after = rows[-1][:3]
            yield [row[3:] for row in rows]


def _logs_by_time(store: Store, wanted: Selection, which: str = "") -> Iterator[Page]:
    after, more = (wanted.begin, -1, 0), True
    while more:
        rows, more = _page(
            store, "SELECT time, resource, digest, raw FROM logs INDEXED BY logs_once WHERE time BETWEEN ? AND ?"
            f" AND (time, resource, digest) > (?, ?, ?){which} ORDER BY time, resource, digest", (after[0], wanted.end, *after))
        if rows:
            after = rows[-1][:3]
            yield [(row[1], row[3]) for row in rows]


def _page(store: Store, query: str, values: tuple[Any, ...]) -> tuple[list[Any], bool]:
    rows, cut = store.read_some(f"{query} LIMIT {PAGE_ROWS}", values, PAGE_BYTES)
    return rows, cut or len(rows) == PAGE_ROWS
