"""Reads a table from its newest row on, slice by slice, until enough was found or the time is up; a cursor goes on from there."""

import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from labctl.telemetry.store.store import Store

MOST_S: Final = 0.25
SLICE: Final = 20_000                   # rows


@dataclass(frozen=True, slots=True)
class RowsFound:
    items: list[Any]                    # each once
    before: int | None                  # the cursor; None: everything was looked at
    searched: int                       # rows


Read = Callable[[int, int], Iterable[tuple[int, Hashable]]]
"""Row and item of what matches above the first row number and up to the second, the last row first."""


def backwards(store: Store, table: str, before: int | None, limit: int, read: Read) -> RowsFound:
    # each alone is read from the end of the table; both in one query would be a scan
    newest, oldest = (store.read(f"SELECT coalesce({end}(rowid), 0) FROM {table}")[0][0] for end in ("max", "min"))
    upper = newest if before is None else min(before, newest)
    begun, first, found = time.monotonic(), upper, dict[Hashable, None]()
    # the first slice is small: where everything matches, it is enough
    size = max(limit * 20, 1000)
    while upper >= oldest > 0 and len(found) < limit and time.monotonic() - begun < MOST_S:
        lower = max(upper - size, oldest - 1)
        for row, item in read(lower, upper):
            found[item] = None
            if len(found) >= limit:
                lower = row - 1
                break
        upper, size = lower, SLICE
    return RowsFound(list(found), upper if upper >= oldest > 0 else None, first - upper)
