"""Reads several things at once, all by one deadline: a reading that fails or is late is said, and the rest is had.

Subtle: a reading that is late goes on in the background, and must not change anything.
"""

import queue
import threading
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from labctl.errors import LabError
from labctl.host.waiting import Deadline

T = TypeVar("T")
AT_ONCE: Final = 8


class Reading(Generic[T]):
    def __init__(self, readings: "Readings", name: str, read: Callable[[], T]) -> None:
        self._readings, self._name, self._read = readings, name, read
        self._done = threading.Event()
        self._value: list[T] = []
        self._error: Exception | None = None

    def run(self) -> None:
        try:
            self._value.append(self._read())
        except Exception as error:  # noqa: BLE001 - whatever it was, it is said where the value is taken
            self._error = error
        self._done.set()

    def take(self, instead: T) -> T:
        """Wait for it, until the deadline; `instead` where there is no value, which is noted in `failed`."""
        if not self._done.wait(self._readings.deadline.left):
            self._readings.note(f"{self._name}: no answer in time")
            return instead
        if self._error:
            self._readings.note(f"{self._name}: {_words(self._error)}")
            return instead
        return self._value[0]


class Readings:
    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.failed: list[str] = []
        self._queue: queue.SimpleQueue[Reading[Any]] = queue.SimpleQueue()
        for _ in range(AT_ONCE):
            threading.Thread(target=self._work, daemon=True).start()

    def begin(self, name: str, read: Callable[[], T]) -> Reading[T]:
        part = Reading(self, name, read)
        self._queue.put(part)
        return part

    def note(self, failure: str) -> None:
        if failure not in self.failed:
            self.failed.append(failure)

    def _work(self) -> None:
        try:
            while True:
                self._queue.get(timeout=max(0.1, self.deadline.left)).run()
        except queue.Empty:
            return


def _words(error: Exception) -> str:
    if isinstance(error, LabError):
        return ": ".join(filter(None, (error.message, error.detail)))
    return f"{type(error).__name__}: {error}"
