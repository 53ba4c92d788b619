"""SQLite: everything that was received, bounded by size and age. The only place that opens it.

One thread decodes and writes, in large transactions: it takes whatever waits, commits once, then acknowledges all of it. So
nothing that was acknowledged is lost to a kill, and a batch that is sent again (its acknowledgement was lost) adds no span twice.

Subtle: SQLite lets go of the interpreter at every row. A second thread that decodes would take it then, for milliseconds; so
decoding happens here too, and rows go in many to a statement. Trace ids are random, so an index on them alone would touch a page
for nearly every trace; with the part of the table in front, only the newest part of the index is written to.
"""

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from labctl.telemetry.otlp.decode import DECODERS, Batch, LogRow, Malformed, SpanRow
from labctl.telemetry.otlp.metric_points import PointRow
from labctl.telemetry.otlp.resource import identity
from labctl.telemetry.store.schema import PRAGMAS, SCHEMA, VERSION

SIZES = ("page_count", "freelist_count", "page_size")
MOST_AT_ONCE = 64                       # batches in one transaction
TOGETHER = 64                           # rows in one statement
PART = 32768                            # rows in one part of the table of spans
TIDY_EVERY_S = 2.0
BITE = 20000                            # rows deleted in one transaction


@dataclass(frozen=True, slots=True)
class Bounds:
    size: int                           # bytes of the file
    age_s: float


@dataclass(slots=True)
class _Waiting:
    signal: str
    body: bytes
    done: "Future[Batch]" = field(default_factory=Future)


class Store:
    """Open a store and its writer. `put` may be called from any thread; reading has connections of its own."""

    def __init__(self, path: Path, bounds: Bounds, say: Callable[[str], None] = lambda _: None) -> None:
        self.path = path
        self._bounds = bounds
        self._say = say
        self._connection = self._open()
        self._resources: dict[bytes, int] = {}
        self._series: dict[tuple[Any, ...], int] = {}
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._local = threading.local()
        self._newest, self._left = 0, -1            # a new process begins a new part
        self._tidied = time.monotonic()
        self._writer = threading.Thread(target=self._write, name="store writer")
        self._writer.start()

    def put(self, signal: str, body: bytes) -> "Future[Batch]":
        """Take an encoded request; resolved once it is committed. Fails with Malformed, or with what SQLite said."""
        waiting = _Waiting(signal, body)
        self._queue.put(waiting)
        return waiting.done

    def read(self, query: str, parameters: Iterable[Any] = ()) -> list[Any]:
        """Rows of one query, on a connection that this thread keeps."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)
            connection.execute("PRAGMA cache_size=-16384")
            self._local.connection = connection
        return connection.execute(query, tuple(parameters)).fetchall()

    def close(self) -> None:
        """Commit what waits, then close."""
        self._queue.put(None)
        self._writer.join()
        with closing(self._connection):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _open(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.DatabaseError as error:
            aside = self.path.with_suffix(f".unreadable-{int(time.time())}")
            self.path.replace(aside)
            for suffix in ("-wal", "-shm"):
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)
            self._say(f"{self.path} cannot be used ({error}); it was put aside as {aside.name}")
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=10)
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version not in {0, VERSION}:
                raise sqlite3.DatabaseError(f"its schema is version {version}, not {VERSION}")
            if version == 0:
                connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            for pragma in PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
            if version == 0:
                connection.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version={VERSION}; COMMIT;")
        except BaseException:
            connection.close()
            raise
        return connection

    def _write(self) -> None:
        while (first := self._next()) is not None:
            waiting = [first]
            while len(waiting) < MOST_AT_ONCE and not self._queue.empty():
                more = self._queue.get()
                if more is None:
                    self._queue.put(None)
                    break
                waiting.append(more)
            self._commit(waiting)

    def _next(self) -> _Waiting | None:
        while True:
            try:
                found = self._queue.get(timeout=TIDY_EVERY_S)
            except queue.Empty:
                self._tidy()
                continue
            if time.monotonic() - self._tidied > TIDY_EVERY_S:
                self._tidy()
            return found

    def _commit(self, waiting: list[_Waiting]) -> None:
        decoded = [(one.done, batch) for one in waiting if (batch := _decode(one))]
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for _, batch in decoded:
                self._insert(batch)
            self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - whatever it was, those who wait are told, and the writer goes on
            self._roll_back()
            for done, _ in decoded:
                done.set_exception(error)
            return
        for done, batch in decoded:
            done.set_result(batch)

    def _roll_back(self) -> None:
        # ids that the failed transaction gave out are void
        self._resources.clear()
        self._series.clear()
        self._left = -1
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _insert(self, batch: Batch) -> None:
        inserts: dict[str, Callable[[int, list[Any]], None]] = {
            "traces": self._spans, "metrics": self._points, "logs": self._logs,
        }
        for encoded, rows in batch.groups:
            inserts[batch.signal](self._resource(encoded), rows)

    def _resource(self, encoded: bytes) -> int:
        known = self._resources.get(encoded)
        if known is None:
            service, instance = identity(encoded)
            self._connection.execute(
                "INSERT OR IGNORE INTO resources(encoded, service, instance) VALUES(?, ?, ?)", (encoded, service, instance),
            )
            (known,) = self._connection.execute("SELECT id FROM resources WHERE encoded = ?", (encoded,)).fetchone()
            self._resources[encoded] = known
        return int(known)

    def _spans(self, resource: int, rows: list[SpanRow]) -> None:
        one = f"(?, ?, ?, ?, ?, ?, ?, ?, ?, {resource}, {self._part(len(rows))})"
        many = f"INSERT OR IGNORE INTO spans VALUES{', '.join([one] * TOGETHER)}"
        whole = len(rows) - len(rows) % TOGETHER
        for first in range(0, whole, TOGETHER):
            self._connection.execute(many, list(chain.from_iterable(rows[first:first + TOGETHER])))
        self._connection.executemany(f"INSERT OR IGNORE INTO spans VALUES{one}", rows[whole:])

    def _part(self, rows: int) -> int:
        """The part that the next rows belong to; a new one when that one is full."""
        if self._left < 0:
            [(newest,)] = self._connection.execute("SELECT coalesce(max(part), 0) + 1 FROM parts")
            self._connection.execute("INSERT INTO parts VALUES(?)", (newest,))
            self._newest, self._left = newest, PART
        self._left -= rows
        return self._newest

    def _logs(self, resource: int, rows: list[LogRow]) -> None:
        self._connection.executemany(f"INSERT INTO logs VALUES(?, ?, ?, ?, ?, ?, {resource})", rows)

    def _points(self, resource: int, rows: list[PointRow]) -> None:
        for row in rows:
            series = self._series_of(resource, row)
            self._connection.execute(
                "INSERT OR REPLACE INTO points VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (series, row.time, row.value, row.count, row.sum, row.min, row.max, row.bounds, row.counts),
            )
            self._connection.executemany(
                f"INSERT OR IGNORE INTO exemplars VALUES({series}, ?, ?, ?, ?)", row.exemplars,
            )

    def _series_of(self, resource: int, row: PointRow) -> int:
        key = (resource, row.name, row.attributes, row.start)
        known = self._series.get(key)
        if known is None:
            self._connection.execute(
                "INSERT OR IGNORE INTO series(resource, name, unit, type, monotonic, attributes, start)"
                " VALUES(?, ?, ?, ?, ?, ?, ?)",
                (resource, row.name, row.unit, row.type, row.monotonic, row.attributes, row.start),
            )
            (known,) = self._connection.execute(
                "SELECT id FROM series WHERE resource = ? AND name = ? AND attributes = ? AND start = ?", key,
            ).fetchone()
            self._series[key] = known
        return int(known)

    def _tidy(self) -> None:
        """One bite of what is too old or too much, so that nobody waits long for it."""
        self._tidied = time.monotonic()
        oldest = time.time_ns() - int(self._bounds.age_s * 1e9)
        try:
            self._forget("spans", "rowid", "start", oldest)
            self._forget("logs", "rowid", "time", oldest)
            self._connection.execute("DELETE FROM parts WHERE part < (SELECT part FROM spans ORDER BY rowid LIMIT 1)")
            self._connection.execute("DELETE FROM points WHERE time < ?", (oldest,))
            self._connection.execute("DELETE FROM exemplars WHERE time < ?", (oldest,))
            while self._size() > self._bounds.size and self._bite():
                self._connection.execute("PRAGMA incremental_vacuum").fetchall()
        except sqlite3.Error as error:
            self._say(f"the store could not be tidied: {error}")

    def _forget(self, table: str, key: str, time_column: str, oldest: int) -> None:
        # rows lie in the order in which they came, so the old ones are first
        self._connection.execute(
            f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} ORDER BY {key} LIMIT {BITE}) AND {time_column} < ?",
            (oldest,),
        )

    def _bite(self) -> int:
        """Delete the oldest rows of the largest table; how many."""
        deleted = 0
        for table in ("spans", "logs"):
            cursor = self._connection.execute(
                f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} ORDER BY rowid LIMIT {BITE})",
            )
            deleted += cursor.rowcount
        return deleted

    def _size(self) -> int:
        pages, free, size = (self._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in SIZES)
        return int((pages - free) * size)


def _decode(waiting: _Waiting) -> Batch | None:
    """The batch, or None when its sender has been told that it is none."""
    try:
        return DECODERS[waiting.signal](waiting.body)
    except Malformed as error:
        waiting.done.set_exception(error)
    except Exception as error:  # noqa: BLE001 - a decoder that trips over one request must not end the writer
        waiting.done.set_exception(Malformed(str(error)))
    return None
