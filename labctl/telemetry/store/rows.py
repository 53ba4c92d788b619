"""Writing batches: rows of spans, points and log records, each once.

Subtle: sqlite3 releases the GIL at every row of an executemany, and another thread then holds it for milliseconds; so one
statement inserts many rows.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from labctl.telemetry.otlp.batch import Batch
from labctl.telemetry.otlp.log_records import LogRow
from labctl.telemetry.otlp.metric_points import PointRow
from labctl.telemetry.otlp.resource import Sender
from labctl.telemetry.otlp.spans import SpanRow

TOGETHER = 64                           # rows in one statement
PART = 32768                            # rows in one part
ROW_BYTES = 512                         # about, with its place in indexes
MOST_ANNOTATIONS = 1000
REMEMBERED = 4096                       # cached ids of resources and series


class Rows:
    """`longest_part_ns` limits how long a part is written to, so that its rows are about as old as its beginning."""

    def __init__(self, connection: sqlite3.Connection, longest_part_ns: int) -> None:
        self._connection = connection
        self._longest_part_ns = longest_part_ns
        self.forget()

    def forget(self) -> None:
        """After a failed transaction: forget the ids that it created."""
        self.forget_ids()
        self._newest, self._left, self._begun = 0, -1, 0        # the next row begins a new part

    def forget_ids(self) -> None:
        """After a deletion: series and resources may be gone."""
        self._series: dict[tuple[Any, ...], int] = {}
        self._resources: dict[bytes, tuple[int, int]] = {}      # number, and the part of which that was noted

    def insert(self, batch: Batch) -> None:
        """To be called inside a transaction; sets `batch.duplicates`."""
        inserts: dict[str, Callable[[int, int, list[Any]], int]] = {
            "traces": self._spans, "metrics": self._points, "logs": self._logs, "alerts": self._alerts,
            "annotations": self._loaded_annotations if batch.is_loaded else self._annotations,
        }
        inserted, of_a_resource = 0, batch.signal in {"traces", "metrics", "logs"}
        for sender, rows in batch.groups:
            if rows:
                part = self._part(len(rows))
                inserted += inserts[batch.signal](self._resource(sender, part) if of_a_resource else 0, part, rows)
        batch.duplicates = batch.items - inserted

    def _resource(self, sender: Sender, part: int) -> int:
        """Its number; it is noted that the part has rows of it."""
        number, noted = self._resources.get(sender.encoded, (0, 0))
        if noted != part:
            number = number or self._stored_resource(sender)
            self._connection.execute("INSERT OR REPLACE INTO resource_parts VALUES(?, ?)", (number, part))
            if len(self._resources) >= REMEMBERED:
                self._resources.clear()
            self._resources[sender.encoded] = number, part
        return number

    def _stored_resource(self, sender: Sender) -> int:
        added = self._connection.execute(
            "INSERT OR IGNORE INTO resources(encoded, service, instance) VALUES(?, ?, ?)",
            (sender.encoded, sender.service, sender.instance),
        ).rowcount
        self._left -= len(sender.encoded) // ROW_BYTES if added else 0           # a part is about as large, whatever it is of
        (number,) = self._connection.execute("SELECT id FROM resources WHERE encoded = ?", (sender.encoded,)).fetchone()
        return int(number)

    def _part(self, rows: int) -> int:
        """The part for the next rows; a new one when the current one is full, or has been written to for long."""
        now = time.time_ns()
        if self._left < 0 or now - self._begun > self._longest_part_ns:
            [(newest,)] = self._connection.execute("SELECT coalesce(max(part), 0) + 1 FROM parts")
            self._connection.execute("INSERT INTO parts VALUES(?, ?)", (newest, now))
            self._newest, self._left, self._begun = newest, PART, now
        self._left -= rows
        return self._newest

    def _spans(self, resource: int, part: int, rows: list[SpanRow]) -> int:
        return self._many("spans", f"(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {resource}, {part})", rows)

    def _logs(self, resource: int, part: int, rows: list[LogRow]) -> int:
        return self._many("logs", f"(?, ?, ?, ?, ?, ?, ?, {resource}, {part})", rows)

    def _alerts(self, _: int, part: int, rows: list[Sequence[Any]]) -> int:
        """What was told before of the same alert is replaced."""
        self._connection.executemany(f"INSERT OR REPLACE INTO alerts VALUES(?, ?, ?, ?, ?, ?, {part})", rows)
        return len(rows)

    def _annotations(self, _: int, part: int, rows: list[Sequence[Any]]) -> int:
        """What was told before of the same is replaced."""
        self._connection.executemany(f"INSERT OR REPLACE INTO annotations VALUES(?, ?, ?, ?, ?, ?, ?, {part})", rows)
        self._limit_annotations()
        return len(rows)

    def _loaded_annotations(self, _: int, part: int, rows: list[Sequence[Any]]) -> int:
        """What was told later of the same stays; returns how many took a place."""
        insert = (f"INSERT OR REPLACE INTO annotations SELECT ?, ?, ?, ?, ?, ?, ?, {part} WHERE NOT EXISTS"
                  " (SELECT 1 FROM annotations WHERE kind = ? AND key = ? AND told >= ?)")
        inserted = sum(self._connection.execute(insert, (*row, row[0], row[1], row[-1])).rowcount for row in rows)
        self._limit_annotations()
        return inserted

    def _limit_annotations(self) -> None:
        """Those that nothing was told of for longest go first."""
        [(every,)] = self._connection.execute("SELECT count(*) FROM annotations")
        if every > MOST_ANNOTATIONS:
            self._connection.execute(
                "DELETE FROM annotations WHERE rowid IN (SELECT rowid FROM annotations ORDER BY told, rowid LIMIT ?)",
                (every - MOST_ANNOTATIONS,),
            )

    def _many(self, table: str, row: str, rows: Sequence[Sequence[Any]]) -> int:
        """Insert the rows; returns how many of them are new."""
        before = self._connection.total_changes
        together = f"INSERT OR IGNORE INTO {table} VALUES{', '.join([row] * TOGETHER)}"
        whole = len(rows) - len(rows) % TOGETHER
        for first in range(0, whole, TOGETHER):
            self._connection.execute(together, list(chain.from_iterable(rows[first:first + TOGETHER])))
        if rows[whole:]:
            self._connection.executemany(f"INSERT OR IGNORE INTO {table} VALUES{row}", rows[whole:])
        return self._connection.total_changes - before

    def _points(self, resource: int, part: int, rows: list[PointRow]) -> int:
        """Insert the points; returns how many of them are new."""
        inserted = 0
        for row in rows:
            series = self._series_of(resource, row)
            before = self._connection.total_changes
            self._connection.execute(
                "INSERT OR IGNORE INTO points VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (series, row.time, row.value, row.count, row.sum, row.min, row.max, row.bounds, row.counts, part),
            )
            inserted += self._connection.total_changes - before
            if row.exemplars:
                exemplar = f"INSERT OR IGNORE INTO exemplars VALUES({series}, ?, ?, ?, ?, {part})"
                self._connection.executemany(exemplar, row.exemplars)
        return inserted

    def _series_of(self, resource: int, row: PointRow) -> int:
        key = (resource, row.name, row.unit, row.type, row.monotonic, row.attributes, row.start)
        known = self._series.get(key)
        if known is None:
            self._connection.execute(
                "INSERT OR IGNORE INTO series(resource, name, unit, type, monotonic, attributes, start)"
                " VALUES(?, ?, ?, ?, ?, ?, ?)", key,
            )
            (known,) = self._connection.execute(
                "SELECT id FROM series WHERE (resource, name, unit, type, monotonic, attributes, start) = (?, ?, ?, ?, ?, ?, ?)",
                key,
            ).fetchone()
            if len(self._series) >= REMEMBERED:
                self._series.clear()
            self._series[key] = known
        return int(known)
