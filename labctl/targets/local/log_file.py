"""A log file and its rotated predecessor as one stream of lines, which can be read from near its end."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from labctl.errors import Refused, os_reason
from labctl.targets.local.log_rotation import old_of

BLOCK = 1 << 16
MAX_LINE = 1 << 20                      # a longer line is cut into several
LAST_BYTES = 256                        # by which a reader recognises the place where it stopped
MAX_SEARCH = 4 << 20                    # after so many bytes of another component's lines the search stops


class LogFile:
    """Continues where the last read ended, also after a rotation. A file that does not exist yet is empty."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._old: int | None = 0       # position in the rotated file; None: it was read completely
        self._position = 0
        self._last = b""                # the bytes before `_position`, where they were read
        self._partial = b""

    def skip_to_last(self, count: int, counts: Callable[[bytes], bool]) -> None:
        """Move to the beginning of the last `count` lines for which `counts` is true."""
        missing, self._position = _start_of_last(self._path, count, counts)
        self._old = _start_of_last(old_of(self._path), missing, counts)[1] if missing else None

    def new_lines(self) -> Iterator[bytes]:
        """Complete lines, without line ends."""
        if self._old is not None:
            yield from self._lines(old_of(self._path), self._old)
            self._old, self._last = None, b""
        elif self._was_rotated():
            # it was rotated: the rotated file is a copy, so its unread part begins at the same position
            yield from self._lines(old_of(self._path), self._position)
            self._position, self._last = 0, b""
        self._position = yield from self._lines(self._path, self._position)

    def _was_rotated(self) -> bool:
        """By its size, and where it has grown beyond the position again, by other bytes before it."""
        if _size(self._path) < self._position:
            return True
        before = next(_blocks(self._path, self._position - len(self._last)), b"")
        return before[:len(self._last)] != self._last

    def _lines(self, path: Path, position: int) -> Generator[bytes, None, int]:
        """The lines from `position`; returns the end position. An incomplete last line is left for the next read."""
        for block in _blocks(path, position):
            position += len(block)
            self._last = (self._last + block)[-LAST_BYTES:]
            *whole, self._partial = (self._partial + block).split(b"\n")
            yield from whole
            if len(self._partial) > MAX_LINE:
                yield self._partial
                self._partial = b""
        return position


def _blocks(path: Path, position: int) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            file.seek(position)
            while block := file.read(BLOCK):
                yield block
    except FileNotFoundError:
        return
    except OSError as error:
        raise Refused(os_reason(error)) from None


def _start_of_last(path: Path, count: int, counts: Callable[[bytes], bool]) -> tuple[int, int]:
    """How many of the last `count` lines are not in the file, and where the first one that is begins."""
    begin = _size(path)
    for place, line in _backwards(path) if count else ():
        if counts(line):
            count, begin = count - 1, place
        if not count or begin - place > MAX_SEARCH:
            break
    return count, begin


def _backwards(path: Path) -> Iterator[tuple[int, bytes]]:
    """Complete lines from the last to the first, with their positions. An incomplete last line is left out."""
    position, rest, ended = _size(path), b"", False
    while position:
        start = max(0, position - BLOCK)
        content = next(_blocks(path, start), b"")[:position - start] + rest
        rest, *lines = content.split(b"\n")
        place, position = start + len(content), start
        for line in reversed(lines):
            place -= len(line)
            if ended:
                yield place, line
            place, ended = place - 1, True
        if len(rest) > MAX_LINE:
            yield start, rest
            rest = b""
    if rest and ended:
        yield 0, rest


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
