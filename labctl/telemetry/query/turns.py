"""Queries take turns: one at a time makes an answer that may be large, so that memory is bounded, whoever asks, and how often."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from labctl.telemetry.http.messages import HTTPProblem

MOST_WAITING = 64
WAIT_S = 8.0


class Turns:
    """`at_once` at a time; others wait, up to MOST_WAITING of them and for WAIT_S."""

    def __init__(self, at_once: int = 1) -> None:
        self._turn = threading.Semaphore(at_once)
        self._places = threading.Semaphore(at_once + MOST_WAITING)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Raises HTTPProblem where there are too many."""
        with _held(self._places, 0), _held(self._turn, WAIT_S):
            yield


@contextmanager
def _held(semaphore: threading.Semaphore, patience_s: float) -> Iterator[None]:
    if not semaphore.acquire(timeout=patience_s):
        raise HTTPProblem(429, "too many queries at once", retry_after_s=1)
    try:
        yield
    finally:
        semaphore.release()
