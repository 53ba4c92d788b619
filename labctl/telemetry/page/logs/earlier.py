"""Log records up to a time, the last of them first.

Subtle: the order of arrival says nothing here, since what is loaded from a file arrives long after it happened. As in
`backwards`, reading ends when the time is up, and a cursor goes on from there.
"""

import re
import time
from dataclasses import dataclass
from typing import Any, Final

from labctl.telemetry.http.messages import HTTPProblem
from labctl.telemetry.page.backwards import MOST_S, SLICE
from labctl.telemetry.page.language.condition import SearchCondition
from labctl.telemetry.store.store import Store

_LATEST, _LAST_ROW = (1 << 63) - 1, 10**18
_EARLIER: Final = "logs INDEXED BY logs_once WHERE (time, rowid) < (?, ?)"
_ORDER: Final = "ORDER BY time DESC, rowid DESC"


@dataclass(frozen=True, slots=True)
class TimeCursor:
    """Behind it is what is earlier than a record; and how many records that is, about."""

    time: int                           # ns
    row: int
    left: int

    def __str__(self) -> str:
        return f"{self.time}.{self.row}.{self.left}"

    @property
    def place(self) -> tuple[int, int]:
        return self.time, self.row

    @classmethod
    def up_to(cls, store: Store, time_ns: int) -> "TimeCursor":
        [(left,)] = store.read("SELECT count(*) FROM logs INDEXED BY logs_once WHERE time <= ?", (time_ns,))
        return cls(time_ns, _LAST_ROW, left)

    @classmethod
    def read(cls, text: str) -> "TimeCursor":
        """Raises HTTPProblem."""
        if not re.fullmatch(r"\d{1,19}\.\d{1,19}\.\d{1,12}", text, re.ASCII):
            raise HTTPProblem(400, "before must be the cursor of an answer")
        time_, row, left = map(int, text.split("."))
        return cls(min(time_, _LATEST), min(row, _LAST_ROW), left)


@dataclass(slots=True)
class EarlierRecords:
    store: Store
    columns: str                        # the first two: rowid, time
    wanted: SearchCondition
    before: TimeCursor | None           # where to go on; None: everything was looked at
    rows: list[Any]
    searched: int = 0

    def find(self, limit: int) -> None:
        begun = time.monotonic()
        size = min(max(limit * 20, 1000), SLICE)        # where everything matches, the first slice is enough
        while self.before and len(self.rows) < limit and time.monotonic() - begun < MOST_S:
            self._look(self.before, size, limit - len(self.rows))
            size = min(2 * size, SLICE)

    def _look(self, before: TimeCursor, size: int, limit: int) -> None:
        """At so many records."""
        ends = self.store.read(f"SELECT time, rowid FROM {_EARLIER} {_ORDER} LIMIT 1 OFFSET ?", (*before.place, size - 1))
        last: tuple[int, int] = (ends[0][0], ends[0][1]) if ends else (-1, 0)
        query = f"SELECT {self.columns} FROM {_EARLIER} AND (time, rowid) >= (?, ?){self.wanted.sql} {_ORDER} LIMIT ?"
        found = [row for rows in self.store.batches(query, (*before.place, *last, *self.wanted.values, limit)) for row in rows]
        if len(found) == limit:
            last = found[-1][1], found[-1][0]
        [(searched,)] = self.store.read(f"SELECT count(*) FROM {_EARLIER} AND (time, rowid) >= (?, ?)", (*before.place, *last))
        more = self.store.read(f"SELECT 1 FROM {_EARLIER} LIMIT 1", last)
        self.before = TimeCursor(last[0], last[1], max(before.left - searched, 1)) if more else None
        self.rows += found
        self.searched += searched
