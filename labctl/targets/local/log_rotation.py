"""Keeps the components' log files small while they are written: a process of its own, run by its path with Python alone.

Subtle: a component's stdout is a file that nobody can make it open anew, so the file is copied and then emptied in place (it is
written in append mode, and goes on at its new end). A pipe through a process of ours would lose nothing at that moment, but a
collector whose pipe breaks dies; this one may be killed, and nothing else ends.
"""

import shutil
import signal
import sys
import time
from contextlib import suppress
from io import FileIO
from pathlib import Path

MAX_BYTES = 16 << 20                    # of one file; there are two for each component
LOOK_EVERY_S = 0.5
OLD, NEW = ".old.log", ".old.new"
BLOCK = 1 << 20


def old_of(log: Path) -> Path:
    """Where the lines before the newest ones are."""
    return log.with_suffix(OLD)


def rotate(log: Path, limit: int = MAX_BYTES) -> bool:
    """Put what `log` holds aside where that is more than `limit` bytes; what was put aside before goes."""
    try:
        size = log.stat().st_size
    except FileNotFoundError:
        return False
    if size <= limit:
        return False
    fresh, old = log.with_suffix(NEW), old_of(log)
    with log.open("r+b", buffering=0) as source:
        try:
            with fresh.open("wb", buffering=0) as copy:
                _skip(source, max(0, size - 2 * limit))         # more than that only where nobody looked for a while
                shutil.copyfileobj(source, copy, BLOCK)
                fresh.replace(old)
                # what was written meanwhile: from here to the next line nothing may take long
                while block := source.read(BLOCK):
                    copy.write(block)
                source.truncate(0)
        except OSError:
            # a full disk: what is old makes room for what is new
            for path in (fresh, old):
                with suppress(OSError):
                    path.unlink(missing_ok=True)
            source.truncate(0)
    return True


def _skip(source: FileIO, start: int) -> None:
    """To the first line that begins at `start` or later."""
    if start:
        source.seek(start - 1)
        source.readline(BLOCK)


def main(folder: Path, limit: int) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    while folder.is_dir():
        for log in folder.glob("*.log"):
            if not log.name.endswith(OLD):
                try:
                    rotate(log, limit)
                except OSError as error:
                    print(f"{log} cannot be rotated: {error}", file=sys.stderr, flush=True)
        time.sleep(LOOK_EVERY_S)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
