"""Reads a table from its newest row on, slice by slice, until enough was found or the time is up; a cursor goes on from there."""

import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from labctl.telemetry.store.store import Store

MOST_S: Final = 0.25
FIRST_S: Final = 0.03                   # of the first answer, when it has found something
STEP_S: Final = 0.03                    # that reading a slice should take, about
SMALLEST: Final = 500                   # rows of a slice
SLICE: Final = 20_000


@dataclass(frozen=True, slots=True)
class RowsWanted:
    """Of a table: the rows up to `before`, or the newest, and above `after`; and how much is wanted of it."""

    limit: int
    before: int | None = None
    after: int = 0


@dataclass(frozen=True, slots=True)
class RowsFound:
    items: list[Any]                    # each once
    before: int | None                  # the cursor; None: everything was looked at
    newest: int                         # the row from which on the next answer's news are
    searched: int                       # rows
    left: int                           # rows, about: some may have been deleted

    def progress(self) -> dict[str, int | None]:
        return {"before": self.before, "newest": self.newest, "searched": self.searched, "left": self.left}


Read = Callable[[int, int], Iterable[tuple[int, Hashable]]]
"""Row and item of what matches above the first row number and up to the second, the last row first."""


def backwards(store: Store, table: str, part: RowsWanted, read: Read, largest: int = SLICE) -> RowsFound:
    """`largest`: rows of a slice, all of which are read before the first of them is given."""
    # each alone is read from the end of the table; both in one query would be a scan
    newest, oldest = (store.read(f"SELECT coalesce({end}(rowid), 0) FROM {table}")[0][0] for end in ("max", "min"))
    upper, oldest = newest if part.before is None else min(part.before, newest), max(oldest, part.after + 1)
    begun, first, found = time.monotonic(), upper, dict[Hashable, None]()
    # the first slice is small: where everything matches, it is enough
    size = max(part.limit * 20, 1000)
    while upper >= oldest and len(found) < part.limit:
        at = time.monotonic()
        if at - begun >= (FIRST_S if found and part.before is None else MOST_S):
            break
        lower = max(upper - size, oldest - 1)
        for row, item in read(lower, upper):
            found[item] = None
            if len(found) >= part.limit:
                lower = row - 1
                break
        upper, size = lower, _next(size, time.monotonic() - at, largest)
    more = upper >= oldest
    return RowsFound(list(found), upper if more else None, newest, first - upper, upper - oldest + 1 if more else 0)


def _next(size: int, took_s: float, largest: int) -> int:
    """Rows of the next slice: at most four times as many, so that one that is slow is found out early."""
    return min(max(int(size * min(4.0, STEP_S / max(took_s, 1e-6))), SMALLEST), largest)
