"""What is deleted, and nothing else ever is: rows that came longer ago than the store's age limit, and the oldest above its size.

It works in bites, so that nobody waits long for it.
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
    age_s: float                        # since a row came

    @property
    def longest_part_ns(self) -> int:
        """A part is deleted once its successor is too old, so its rows are kept by this much longer at most."""
        return int(self.age_s * 1e9 / 24)


def tidy(connection: sqlite3.Connection, bounds: RetentionLimits) -> bool:
    """Delete one bite of what is too old, and what is too much; whether anything was deleted. Raises sqlite3.Error."""
    oldest = time.time_ns() - int(bounds.age_s * 1e9)
    [(first_kept,)] = connection.execute("SELECT coalesce(max(part), 0) FROM parts WHERE begun < ?", (oldest,))
    before = connection.total_changes
    if first_kept:
        for table in ARRIVALS:
            connection.execute(
                f"DELETE FROM {table} WHERE part < ? AND rowid IN (SELECT rowid FROM {table} ORDER BY rowid LIMIT {BITE})",
                (first_kept,),
            )
    while size_of(connection) > bounds.size and _bite(connection):
        connection.execute("PRAGMA incremental_vacuum").fetchall()
    if connection.total_changes == before:
        return False
    oldest_parts = " UNION ALL ".join(f"SELECT * FROM (SELECT part FROM {table} ORDER BY rowid LIMIT 1)" for table in ARRIVALS)
    connection.execute(f"DELETE FROM parts WHERE part < (SELECT min(part) FROM ({oldest_parts}))")
    connection.execute("DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM points WHERE series = series.id)")
    return True


def size_of(connection: sqlite3.Connection) -> int:
    pages, free, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in SIZES)
    return int((pages - free) * size)


def _bite(connection: sqlite3.Connection) -> int:
    """Delete the oldest rows of every table; how many."""
    return sum(
        connection.execute(f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} ORDER BY rowid LIMIT {BITE})").rowcount
        for table in ARRIVALS
    )
