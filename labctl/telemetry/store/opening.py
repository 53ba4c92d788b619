"""Opens the store's file. A damaged or foreign file is put aside unchanged; a locked file or a full disk changes nothing.

Subtle: SQLite reports a locked file, a full disk and a damaged file with the same exception class. Only its result codes for
damage, or a foreign schema, justify a new file: all other errors are temporary, and the file has acknowledged data in it.
"""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from labctl.telemetry.otlp import matching
from labctl.telemetry.store.schema import ADDED, PRAGMAS, SCHEMA, VERSION

DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
PRIMARY_CODE = 0xFF                     # the low byte of SQLite's extended result codes
BUSY_S = 4.0                            # how long a statement waits for a lock
WAIT_S = 60.0                           # how long the start waits for a lock
AGAIN_S = 0.2
Say = Callable[[str], None]


class Foreign(Exception):
    """The file's schema is not the viewer's."""


class _PutAside(Exception):
    """The file could not be used and was put aside; the message is its new name."""


def is_damage(error: BaseException) -> bool:
    return isinstance(error, Foreign) or _code(error) in DAMAGED


def open_store(path: Path, say: Say) -> tuple[sqlite3.Connection, str]:
    """The writer's connection, and the name of the file that was put aside, or "". Raises sqlite3.Error without one."""
    try:
        return _patiently(path, say), ""
    except _PutAside as moved:
        aside = str(moved)
        say(f"{path} cannot be used ({moved.__cause__}); it was put aside as {aside}")
        return _patiently(path, say), aside


def put_aside(path: Path) -> str:
    """Rename the file with its -wal and -shm, so that it can still be opened; returns its new name.

    Done before a connection to it is closed: closing would write the -wal into the file and delete it.
    """
    stem, number = path.with_suffix(f".unreadable-{int(time.time())}"), 0
    aside = stem
    while aside.exists():
        number += 1
        aside = Path(f"{stem}-{number}")
    for suffix in ("-wal", "-shm", ""):
        part = Path(f"{path}{suffix}")
        if part.exists():
            part.rename(f"{aside}{suffix}")
    return aside.name


def connect_reader(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_S, check_same_thread=False)
    connection.execute("PRAGMA cache_size=-4096")
    connection.create_function("span_has", 5, matching.span_has, deterministic=True)
    connection.create_function("severity_number", 1, matching.severity_number, deterministic=True)
    connection.create_function("event_times", 1, matching.event_times, deterministic=True)
    connection.create_function("resource_has", 4, matching.resource_has, deterministic=True)
    return connection


def _patiently(path: Path, say: Say) -> sqlite3.Connection:
    deadline, told = time.monotonic() + WAIT_S, False
    while True:
        try:
            return _connect(path)
        except sqlite3.OperationalError as error:
            if _code(error) not in LOCKED or time.monotonic() > deadline:
                raise
            if not told:
                say(f"{path} is locked by another process; waiting for it")
                told = True
            time.sleep(AGAIN_S)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_S)
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        objects = _objects(connection)
        if version == 0 and not objects:
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        elif version != VERSION:
            raise Foreign(f"its schema is version {version}, not {VERSION}")
        elif not _expected() <= objects:
            raise Foreign("its tables are not the viewer's")
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if version == 0:
            connection.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version={VERSION}; COMMIT;")
        if not {"alerts", "annotations", "roots_by_start", "resource_parts"} <= {name for name, _ in _objects(connection)}:
            connection.executescript(f"BEGIN; {ADDED} COMMIT;")
        # a store can be readable but not writable, by its permissions or those of its -shm
        connection.executescript("BEGIN IMMEDIATE; ROLLBACK;")
    except BaseException as error:
        aside = put_aside(path) if is_damage(error) else ""
        connection.close()
        if aside:
            raise _PutAside(aside) from error
        raise
    return connection


def _objects(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """Names and definitions of the file's tables and indexes."""
    return set(connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))


def _expected() -> set[tuple[str, str]]:
    memory = sqlite3.connect(":memory:")
    try:
        memory.executescript(SCHEMA)
        return _objects(memory)
    finally:
        memory.close()


def _code(error: BaseException) -> int:
    return getattr(error, "sqlite_errorcode", 0) & PRIMARY_CODE
