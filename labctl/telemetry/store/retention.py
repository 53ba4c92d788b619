"""Deletes rows that were received longer ago than the store's age limit, and the oldest rows above its size limit.

It works in small transactions, so that the writer never waits long for it.
"""

import sqlite3
import time
from dataclasses import dataclass

from labctl.telemetry.store.schema import ARRIVALS

SIZES = ("page_count", "freelist_count", "page_size")
BITE = 20000                            # rows deleted in one transaction


@dataclass(frozen=True, slots=True)
class RetentionLimits:
    size: int                           # bytes of the file
    age_s: float                        # since a row was received

    @property
    def longest_part_ns(self) -> int:
        """A part is deleted once its successor is too old, so its rows are kept at most this much longer."""
        return int(self.age_s * 1e9 / 24)


@dataclass(frozen=True, slots=True)
class Dropped:
    """Rows that were deleted, of the oldest."""

    by_age: int
    by_size: int


def tidy(connection: sqlite3.Connection, limits: RetentionLimits) -> Dropped:
    """Delete rows beyond the limits, up to BITE for their age. Raises sqlite3.Error."""
    by_age, by_size = _forget(connection, _first_kept(connection, limits)), 0
    while size_of(connection) > limits.size and (rows := _forget(connection, _oldest(connection) + 1)):
        by_size += rows
        _forget_what_is_empty(connection)
        connection.execute("PRAGMA incremental_vacuum").fetchall()
    if by_age or by_size:
        _forget_what_is_empty(connection)
    return Dropped(by_age, by_size)


def _forget_what_is_empty(connection: sqlite3.Connection) -> None:
    oldest = _oldest(connection)
    connection.execute("DELETE FROM parts WHERE part < ?", (oldest,))
    connection.execute("DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM points WHERE series = series.id)")
    # the last one stays, so that its number is not given again
    newest = "(SELECT max(id) FROM resources)"
    gone = f"SELECT resource FROM resource_parts WHERE (part < ? OR ? = 0) AND resource < {newest}"
    connection.execute(f"DELETE FROM resources WHERE id IN ({gone})", (oldest, oldest))
    connection.execute("DELETE FROM resource_parts WHERE resource NOT IN (SELECT id FROM resources)")


def size_of(connection: sqlite3.Connection) -> int:
    pages, free, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in SIZES)
    return int((pages - free) * size)


def _first_kept(connection: sqlite3.Connection, limits: RetentionLimits) -> int:
    """The last part that began before the age limit; all parts before it are too old."""
    oldest = time.time_ns() - int(limits.age_s * 1e9)
    [(part,)] = connection.execute("SELECT coalesce(max(part), 0) FROM parts WHERE begun < ?", (oldest,))
    return int(part)


def _oldest(connection: sqlite3.Connection) -> int:
    """The oldest part with rows in any table; 0 without rows."""
    parts = (connection.execute(f"SELECT part FROM {table} ORDER BY rowid LIMIT 1").fetchone() for table in ARRIVALS)
    return min((part[0] for part in parts if part), default=0)


def _forget(connection: sqlite3.Connection, first_kept: int) -> int:
    """Delete up to BITE rows of each table from the parts before `first_kept`; returns how many rows."""
    first_rows = f"SELECT rowid FROM {{}} ORDER BY rowid LIMIT {BITE}"
    deletions = (f"DELETE FROM {table} WHERE part < ? AND rowid IN ({first_rows.format(table)})" for table in ARRIVALS)
    return sum(connection.execute(deletion, (first_kept,)).rowcount for deletion in deletions)
