"""Answers about the requests of a time range, kept until a request in it is stored, or anything is deleted.

So of an open heatmap only the columns that have changed are read again.
"""

import threading
from collections.abc import Callable, Hashable
from typing import Any, Final

from labctl.telemetry.otlp.batch import Batch

MOST: Final = 1000                      # answers; a kilobyte or two each
_PARENT, _START = 2, 5                  # in a SpanRow


class KeptAnswers:
    """Thread-safe."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, _Kept] = {}
        self._lock = threading.Lock()

    def get(self, key: tuple[Hashable, ...], begin: int, end: int, read: Callable[[], Any]) -> Any:
        """The answer of `read` for `begin` up to `end` (Unix ns, part of the key), read or kept. None is an answer too."""
        key = (begin, end, *key)
        with self._lock:
            found = self._answers.get(key)
            if found and found.is_known:
                self._answers[key] = self._answers.pop(key)         # the least recently used goes first
                return found.answer
            mine = self._answers[key] = _Kept(begin, end)           # before reading: a request stored meanwhile removes it
            if len(self._answers) > MOST:
                del self._answers[next(iter(self._answers))]
        answer = read()
        with self._lock:
            if self._answers.get(key) is mine:
                mine.answer, mine.is_known = answer, True
        return answer

    def stored(self, batch: Batch) -> None:
        """Called after the commit, and before the sender gets its response."""
        if not self._answers or batch.signal != "traces":
            return
        starts = [row[_START] for _, rows in batch.groups for row in rows if not row[_PARENT]]
        if starts:
            first, last = min(starts), max(starts)
            with self._lock:
                for key in [key for key, kept in self._answers.items() if first < kept.end and kept.begin <= last]:
                    del self._answers[key]

    def forget(self) -> None:
        """Called after a deletion."""
        with self._lock:
            self._answers.clear()


class _Kept:
    __slots__ = ("answer", "begin", "end", "is_known")

    def __init__(self, begin: int, end: int) -> None:
        self.begin, self.end = begin, end
        self.answer: Any = None
        self.is_known = False
