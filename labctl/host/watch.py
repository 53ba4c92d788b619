"""Detects changed files by polling them, about twenty times a second.

inotify would be faster, but its limits are shared with other programs, and it loses a file that an editor replaces and a folder
that is moved away and back. Polling a hundred files takes a millisecond.
"""

import os
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

LOOK_EVERY_S = 0.05
SHARE = 0.05                            # the most CPU time that polling many files may take, of one core
SETTLED_S = 0.1                         # an editor saves in several steps

Seen = dict[Path, tuple[int, ...]]


class Watch:
    """Watches files, and folders with everything below them; paths that do not exist yet are watched too."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = tuple(paths)
        self._cost_s = 0.0              # of one look, in CPU time
        self._seen = self._look()

    def changed(self) -> set[Path]:
        """Wait until something has changed since the last call, and then until the changes have settled."""
        now = self._seen
        while now == self._seen:
            now = self._next_look()
        while (later := self._next_look(SETTLED_S)) != now:
            now = later
        before, self._seen = self._seen, now
        return {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}

    def _next_look(self, after_s: float = LOOK_EVERY_S) -> Seen:
        time.sleep(max(after_s, self._cost_s / SHARE))
        return self._look()

    def _look(self) -> Seen:
        begun = time.thread_time()
        seen = {path: state for top in self._paths for path in _below(top) if (state := _state(path))}
        self._cost_s = time.thread_time() - begun
        return seen


def _below(top: Path) -> Iterator[Path]:
    yield top
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (Path(folder, name) for name in names)


def _state(path: Path) -> tuple[int, ...]:
    """Values that change with the file; a folder only appears and disappears. Empty: it does not exist, or is not a file."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return ()
    if stat.S_ISDIR(found.st_mode):
        return (0,)
    return (found.st_mtime_ns, found.st_size, found.st_ino) if stat.S_ISREG(found.st_mode) else ()
