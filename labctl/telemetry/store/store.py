"""The store: everything that was received, in SQLite, limited in size and age.

One thread decodes and writes, in large transactions: it takes all waiting requests, commits once, then acknowledges them. So
acknowledged data survives a kill. When a transaction fails because of one request, only that request is refused.

Subtle: a second thread that decodes would hold the GIL for milliseconds while SQLite waits for it; so the writer decodes too.
"""

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labctl.telemetry.otlp.batch import Batch, Malformed
from labctl.telemetry.store import missing_files, opening, retention
from labctl.telemetry.store.kept_answers import KeptAnswers
from labctl.telemetry.store.retention import RetentionLimits
from labctl.telemetry.store.rows import Rows

MOST_AT_ONCE = 64                       # batches in one transaction
MOST_ROWS = 16_384                      # after which no further batch is decoded before it is committed
TIDY_EVERY_S = 2.0
SILENT_S = 600.0                        # until the same is said again
BATCH = 4096                            # rows that a query gives at a time
READERS = 4                             # connections that are kept for the next query


class CannotOpen(Exception):
    """The store's file cannot be opened now, and is left unchanged: locked for long, a full disk, no permission."""


class Unavailable(Exception):
    """The store cannot be written or read now (locked, disk full): the same request may succeed later."""


@dataclass(slots=True)
class _Waiting:
    decode: Callable[[], Batch]
    done: "Future[Batch]" = field(default_factory=Future)


class Store:
    """Open a store and its writer; raises CannotOpen. `put` and `read` are for any thread."""

    def __init__(self, path: Path, bounds: RetentionLimits, say: Callable[[str], None] = lambda _: None) -> None:
        self.path = path
        self.bounds = bounds
        self._say = say
        try:
            self._connection, self.put_aside = opening.open_store(path, say)
        except (sqlite3.Error, OSError) as error:
            raise CannotOpen(f"{path} cannot be opened, and is left unchanged: {error}") from None
        """`put_aside`: the name of a file that could not be used and was replaced, or ""."""
        self._files = missing_files.identity(path)
        self.cannot_write = ""          # why, where the last attempt failed
        self.kept_answers = KeptAnswers()
        self._rows = Rows(self._connection, bounds.longest_part_ns)
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._readers: list[sqlite3.Connection] = []
        self._tidied = time.monotonic()
        self._silent_until = 0.0        # about its size
        self._writer = threading.Thread(target=self._write, name="store writer")
        self._writer.start()

    def put(self, decode: Callable[[], Batch]) -> "Future[Batch]":
        """Queue a request; the future resolves once it is committed. Fails with Malformed or Unavailable."""
        waiting = _Waiting(decode)
        self._queue.put(waiting)
        return waiting.done

    def read(self, query: str, parameters: Iterable[Any] = ()) -> list[Any]:
        """Rows of one query. Raises Unavailable."""
        try:
            with self._reader() as connection:
                return connection.execute(query, tuple(parameters)).fetchall()
        except sqlite3.Error as error:
            raise Unavailable(str(error)) from None

    def read_some(self, query: str, parameters: Iterable[Any], most_bytes: int) -> tuple[list[Any], bool]:
        """Rows until their last columns have so many bytes; whether there are more. Raises Unavailable."""
        rows, size = list[Any](), 0
        try:
            with self._reader() as connection, closing(connection.execute(query, tuple(parameters))) as found:
                for row in found:
                    rows.append(row)
                    size += len(row[-1])
                    if size >= most_bytes:
                        return rows, found.fetchone() is not None
        except sqlite3.Error as error:
            raise Unavailable(str(error)) from None
        return rows, False

    def batches(self, query: str, parameters: Iterable[Any]) -> Iterator[list[Any]]:
        """The rows of one query, some thousand at a time. Raises Unavailable."""
        try:
            with self._reader() as connection, closing(connection.execute(query, tuple(parameters))) as found:
                while rows := found.fetchmany(BATCH):
                    yield rows
        except sqlite3.Error as error:
            raise Unavailable(str(error)) from None

    def size(self) -> int:
        """Bytes on disk, of the file and its -wal."""
        parts = (self.path, Path(f"{self.path}-wal"))
        return sum(part.stat().st_size for part in parts if part.exists())

    def close(self) -> None:
        """Commit the waiting requests, then close."""
        self._queue.put(None)
        self._writer.join()
        self._close_readers()
        with closing(self._connection), suppress(sqlite3.Error):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        readers = self._readers         # those of now: a new file may be begun meanwhile
        try:
            connection = readers.pop()
        except IndexError:
            connection = opening.connect_reader(self.path)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if readers is self._readers and len(readers) < READERS:
            readers.append(connection)
        else:
            connection.close()

    def _close_readers(self) -> None:
        readers, self._readers = self._readers, []
        while readers:
            readers.pop().close()

    def _write(self) -> None:
        while self._write_some():       # a function of its own, so that nothing it has written is held while it waits
            pass

    def _write_some(self) -> bool:
        """What waits; False at the end."""
        if (first := self._next()) is None:
            return False
        waiting = [first]
        while len(waiting) < MOST_AT_ONCE and not self._queue.empty():
            more = self._queue.get()
            if more is None:
                self._queue.put(None)
                break
            waiting.append(more)
        self._decode_and_commit(waiting)
        return True

    def _decode_and_commit(self, waiting: Iterable[_Waiting]) -> None:
        """In as many transactions as keep few rows in memory."""
        batches, rows = list[tuple["Future[Batch]", Batch]](), 0
        for one in waiting:
            if batch := _decoded(one):
                batches.append((one.done, batch))
                rows += batch.items
            if rows > MOST_ROWS:
                self._commit(batches)
                batches, rows = [], 0
        self._commit(batches)

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

    def _commit(self, batches: list[tuple["Future[Batch]", Batch]]) -> None:
        try:
            self._insert(batch for _, batch in batches)
        except Exception as error:  # noqa: BLE001 - nothing that is sent may end the writer
            with suppress(sqlite3.Error):
                self._roll_back()
            if isinstance(error, sqlite3.OperationalError) or opening.is_damage(error):
                self._fail(batches, error)
            elif len(batches) > 1:
                # SQLite refuses a value in one of them: commit them one by one, so that the others succeed
                for one in batches:
                    self._commit([one])
            else:
                batches[0][0].set_exception(Malformed(str(error)))
        else:
            if batches:
                self.cannot_write = ""
            for done, batch in batches:
                self.kept_answers.stored(batch)
                done.set_result(batch)

    def _insert(self, batches: Iterable[Batch]) -> None:
        self._keep_files()
        self._connection.execute("BEGIN IMMEDIATE")
        for batch in batches:
            self._rows.insert(batch)
        self._connection.execute("COMMIT")

    def _keep_files(self) -> None:
        """Write the store again when its files were deleted or replaced. Raises sqlite3.OperationalError when that fails."""
        if missing_files.identity(self.path) == self._files:
            return
        try:
            aside = missing_files.write_again(self._connection, self.path, self._files)
        except OSError as error:
            raise sqlite3.OperationalError(f"{self.path} was deleted or replaced, and cannot be written again: {error}") from None
        instead = f"; what stood there instead was put aside as {aside}" if aside else ""
        self._say(f"{self.path} or what belongs to it was deleted or replaced; it was written again{instead}")
        self._open_again()

    def _open_again(self) -> None:
        self._connection, _ = opening.open_store(self.path, self._say)
        self._files = missing_files.identity(self.path)
        self._rows = Rows(self._connection, self.bounds.longest_part_ns)
        self._close_readers()
        self.kept_answers.forget()

    def _fail(self, batches: list[tuple["Future[Batch]", Batch]], error: Exception) -> None:
        """Locked or full: all senders are told to retry. Damaged: begin a new file, and they retry too."""
        self.cannot_write = str(error)
        if opening.is_damage(error):
            self._begin_anew(error)
        for done, _ in batches:
            done.set_exception(Unavailable(str(error)))

    def _begin_anew(self, error: Exception) -> None:
        aside = opening.put_aside(self.path)
        with suppress(sqlite3.Error):
            self._connection.close()
        self._say(f"{self.path} is damaged ({error}); it was put aside as {aside}")
        self._open_again()
        self.put_aside = aside

    def _try_to_write(self) -> None:
        """As much as a small request, while nobody sends one."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.execute("CREATE TABLE attempt AS SELECT zeroblob(65536)")
            self._connection.execute("DROP TABLE attempt")
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            self._roll_back()
            raise
        self.cannot_write = ""

    def _roll_back(self) -> None:
        self._rows.forget()
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _delete_old(self) -> retention.Dropped:
        before = self._connection.total_changes
        try:
            return retention.tidy(self._connection, self.bounds)
        finally:
            if self._connection.total_changes > before:
                self._rows.forget_ids()
                self.kept_answers.forget()

    def _tidy(self) -> None:
        self._tidied = time.monotonic()
        try:
            self._keep_files()
            if self.cannot_write:
                self._try_to_write()
            dropped = self._delete_old()
            if dropped.by_size and time.monotonic() >= self._silent_until:
                self._silent_until = time.monotonic() + SILENT_S
                self._say(f"the store has reached its {self.bounds.size} bytes: the oldest that it has is deleted first")
        except sqlite3.Error as error:
            self._say(f"retention failed: {error}")


def _decoded(waiting: _Waiting) -> Batch | None:
    """The batch, or None when decoding failed and its sender was told."""
    try:
        batch = waiting.decode()
        if batch.refused and not batch.items:
            raise Malformed(batch.why(), batch.refused)
    except Malformed as error:
        # its frames have the request's body and, by way of this future, themselves: a circle that nothing frees for long
        error.__traceback__ = error.__context__ = None
        waiting.done.set_exception(error)
    except Exception as error:  # noqa: BLE001 - a decoder that trips over one request must not end the writer
        waiting.done.set_exception(Malformed(f"{type(error).__name__}: {error}"))
    else:
        return batch
    return None
