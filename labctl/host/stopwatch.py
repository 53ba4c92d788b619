"""Times the work that goes on while a lab starts; safe to use from several threads."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from labctl.model import Work


class Stopwatch:
    def __init__(self) -> None:
        self.work: list[Work] = []

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        """Recorded also when the block raises."""
        begun = time.time_ns()
        try:
            yield
        finally:
            self.add(name, begun)

    def add(self, name: str, begun_ns: int) -> None:
        """Record work that began at `begun_ns` (Unix nanoseconds) and has ended now."""
        self.work.append(Work(name, begun_ns, time.time_ns()))
