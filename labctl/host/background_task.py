"""Runs a function in a thread; `result` returns what it returned, or raises what it raised."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class BackgroundTask(Generic[T]):
    def __init__(self, work: Callable[[], T]) -> None:
        self._results: list[T] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def _run(self, work: Callable[[], T]) -> None:
        try:
            self._results.append(work())
        except BaseException as error:  # noqa: BLE001 - it is raised again where the result is asked for
            self._error = error

    def result(self) -> T:
        """Wait for the function. Raises what it raised."""
        while self._thread.is_alive():
            self._thread.join(0.2)      # with a timeout, so that Ctrl-C is noticed
        if self._error:
            raise self._error
        return self._results[0]

    def done(self, within_s: float) -> bool:
        """Wait for the function for at most `within_s` seconds; whether it has ended."""
        self._thread.join(max(within_s, 0.0))
        return not self._thread.is_alive()

    def failed(self) -> bool:
        return self._error is not None
