"""Rotates the components' log files while they are written: a separate process, run by its path with only the standard library.

Subtle: a component cannot be told to reopen its stdout, so the file is copied and then truncated in place (it is written in
append mode, so writing continues at the new end). A pipe through a process would lose nothing at that moment, but the collector
dies when its pipe breaks; this process can be killed without an effect on others.
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
    """The path of the rotated file."""
    return log.with_suffix(OLD)


def rotate(log: Path, limit: int = MAX_BYTES) -> bool:
    """Rotate `log` when it is larger than `limit` bytes; the previous rotated file is replaced."""
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
                _skip(source, max(0, size - 2 * limit))         # larger only if this process did not run for a while
                shutil.copyfileobj(source, copy, BLOCK)
                fresh.replace(old)
                # lines written meanwhile: from here until the truncation every delay can lose lines
                while block := source.read(BLOCK):
                    copy.write(block)
                source.truncate(0)
        except OSError:
            # a full disk: drop old lines to make room for new ones
            for path in (fresh, old):
                with suppress(OSError):
                    path.unlink(missing_ok=True)
            source.truncate(0)
    return True


def _skip(source: FileIO, start: int) -> None:
    """Seek to the first line that begins at `start` or later."""
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
