"""Files of the open store that somebody deleted or replaced: noticed, and written again from the open connection.

Subtle: an open SQLite connection goes on in files that have no name any more. Nothing fails; all that is acknowledged is gone
with the process.
"""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from labctl.telemetry.store import opening

Identity = tuple[tuple[int, int] | None, ...]
SUFFIXES = ("", "-wal", "-shm")


def identity(path: Path) -> Identity:
    """Which files stand under the store's names."""
    return tuple(_device_and_inode(f"{path}{suffix}") for suffix in SUFFIXES)


def write_again(connection: sqlite3.Connection, path: Path, files: Identity) -> str:
    """All that `connection` to `files` holds, into a new file under the store's name; closes `connection`.

    Returns the new name of a file that stood there instead, or "". Raises sqlite3.Error or OSError, with `connection` still open.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy = path.with_suffix(".copy")
    copy.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(copy)) as target:
            connection.backup(target)
    except BaseException:
        with suppress(OSError):
            copy.unlink()
        raise
    aside = "" if identity(path)[0] in {None, files[0]} else opening.put_aside(path)
    # before the new file has its name: closing deletes the -wal under that name
    connection.close()
    for suffix in SUFFIXES[1:]:
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    copy.rename(path)
    return aside


def _device_and_inode(name: str) -> tuple[int, int] | None:
    try:
        found = os.stat(name)  # noqa: PTH116 - once per transaction
    except OSError:
        return None
    return found.st_dev, found.st_ino
