"""Goes through JSON of any size: takes values that are small as a whole, and goes into those that are not.

Subtle: to find where a value ends is a matter of brackets and strings alone; whether it is valid is found when it is parsed.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from labctl.telemetry.files.reading.unreadable import Unreadable

PIECE: Final = 256 << 10
MOST_BYTES: Final = 4 << 20             # of a value that is taken as a whole, which takes twenty times its size in memory
MOST_VALUES: Final = 150_000            # in it
MOST_DEPTH: Final = 1000                # Python's parser goes no deeper either
MOST_NAME: Final = 1024                 # bytes of a key
_BRACKET_OR_STRING: Final = re.compile(rb'[\[\]{}]|"[^"\\]*(?:\\.[^"\\]*)*("?)', re.DOTALL)
_SPACE: Final = re.compile(rb"[ \t\r\n\x1e]*")
_PLAIN: Final = re.compile(rb"[^\s,\]}:]*")
_BOM: Final = b"\xef\xbb\xbf"


class JsonCursor:
    """`read` gives the next bytes of the text, and b"" at its end."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._text = read(PIECE).removeprefix(_BOM)
        self._at = 0                    # in it
        self._before = 0                # bytes that are not in it any more
        self._ended = not self._text

    @property
    def place(self) -> int:
        """Bytes from the beginning."""
        return self._before + self._at

    def peek(self) -> bytes:
        """The next character that is no space; b"" at the end."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at:self._at + 1]
            if not self._more():
                return b""

    def line(self) -> bytes | None:
        """What stands up to the end of the line, if that is near and looks like an object; it is not gone past yet."""
        end = self._text.find(b"\n", self._at)
        while end < 0 and len(self._text) - self._at < MOST_BYTES and self._more():
            end = self._text.find(b"\n", self._at)
        found = self._text[self._at:end if end >= 0 else len(self._text)]
        return found if len(found) <= MOST_BYTES and (end >= 0 or self._ended) and found.rstrip().endswith(b"}") else None

    def is_line_cut(self) -> bool:
        """Whether another object begins on the next line, where this line is no whole one; a writer may have been killed."""
        end = self._text.find(b"\n", self._at)
        if end == len(self._text) - 1:
            self._more()
        return 0 <= end - self._at <= MOST_BYTES and self._text[end + 1:end + 2] == b"{"

    def go_past(self, size: int) -> None:
        self._at += size

    def skip_line(self) -> None:
        while (end := self._text.find(b"\n", self._at)) < 0:
            self._at = len(self._text)
            if not self._more():
                return
        self._at = end + 1

    def small(self, most: int = MOST_BYTES) -> bytes | None:
        """The next value, if it is small; else nothing, and the cursor stays before it. Raises Unreadable where it has no end."""
        self.peek()
        end = self._end(most)
        if end is None:
            return None
        found = self._text[self._at:self._at + end]
        if sum(map(found.count, (b",", b"[", b"{"))) > MOST_VALUES:
            return None
        self._at += end
        return found

    def take(self, wanted: bytes) -> bool:
        """Whether it is the next character; it is then gone past."""
        if self.peek() != wanted:
            return False
        self._at += 1
        return True

    def items(self) -> Iterator[None]:
        """Before each item of a list; it has to be taken before the next one. Raises Unreadable."""
        self._expect(b"[")
        yield from self._several(b"]")

    def names(self) -> Iterator[bytes]:
        """Each key of an object as it is written, before its value. Raises Unreadable."""
        self._expect(b"{")
        for _ in self._several(b"}"):
            key = self.small(MOST_NAME) if self.peek() == b'"' else None
            if key is None:
                raise self.invalid("expected a key")
            self._expect(b":")
            yield key[1:-1]

    def skip(self) -> None:
        """Past the next value, of any size, without holding it."""
        if self.peek() not in {b"{", b"["}:
            if self.small() is None:
                raise Unreadable(f"a value of more than {MOST_BYTES >> 20} MiB at byte {self.place}")
            return
        depth = 0
        while True:
            for match in _BRACKET_OR_STRING.finditer(self._text, self._at):
                character = match[0][:1]
                if character == b'"' and not match[1]:
                    self._at = match.start()
                    break
                self._at = match.end()
                depth = self._deeper(depth, character)
                if not depth:
                    return
            else:
                self._at = len(self._text)
            if len(self._text) - self._at > MOST_BYTES:
                raise Unreadable(f"a text of more than {MOST_BYTES >> 20} MiB at byte {self.place}")
            if not self._more():
                raise self._without_end()

    def invalid(self, why: str) -> Unreadable:
        return Unreadable(f"not JSON at byte {self.place}: {why}")

    def _without_end(self) -> Unreadable:
        """The cursor stays before the value."""
        return Unreadable(f"not JSON at byte {self._before + len(self._text)}: unexpected end of file")

    def _deeper(self, depth: int, character: bytes) -> int:
        depth += (character in b"{[") - (character in b"]}")
        if depth > MOST_DEPTH:
            raise Unreadable(f"it is nested more than {MOST_DEPTH} levels deep at byte {self.place}")
        return depth

    def _several(self, end: bytes) -> Iterator[None]:
        if self.take(end):
            return
        while True:
            yield
            if self.take(end):
                return
            if not self.take(b","):
                raise self.invalid(f"expected a comma or {end.decode()}" if self.peek() else "unexpected end of file")

    def _expect(self, wanted: bytes) -> None:
        if not self.take(wanted):
            raise self.invalid(f"expected {wanted.decode()}")

    def _end(self, most: int) -> int | None:
        """How long the next value is; None: longer than `most`."""
        if self._text[self._at:self._at + 1] not in {b"{", b"[", b'"'}:
            return self._plain_end(most)
        scanned, depth = 0, 0
        while True:
            for match in _BRACKET_OR_STRING.finditer(self._text, self._at + scanned):
                character = match[0][:1]
                if character == b'"' and not match[1]:
                    scanned = match.start() - self._at
                    break
                scanned = match.end() - self._at
                depth = self._deeper(depth, character)
                if depth <= 0:
                    return scanned if scanned <= most else None
            else:
                scanned = len(self._text) - self._at
            if len(self._text) - self._at > most:
                return None
            if not self._more():
                raise self._without_end()

    def _plain_end(self, most: int) -> int | None:
        while True:
            end = _PLAIN.match(self._text, self._at).end()  # type: ignore[union-attr]
            if end - self._at > most:
                return None
            if end < len(self._text) or not self._more():
                if end == self._at:
                    raise self.invalid("expected a value")
                return end - self._at

    def _more(self) -> bool:
        """Read on; as much again as is held, so that what is scanned a second time stays small."""
        if self._ended:
            return False
        self._before += self._at
        rest = self._text[self._at:]
        self._at = 0
        piece = self._read(max(PIECE, len(rest)))
        self._ended = not piece
        self._text = rest + piece
        return bool(piece)
