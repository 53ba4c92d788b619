"""What goes on while a lab comes up, timed where it happens; threads may time at once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from labctl.model import Work


class Stopwatch:
    def __init__(self) -> None:
        self.work: list[Work] = []

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        """Also when it fails: that took its time too."""
        begun = time.time_ns()
        try:
            yield
        finally:
            self.add(name, begun)

    def add(self, name: str, begun_ns: int) -> None:
        """Something that began then (Unix nanoseconds) and has ended now."""
        self.work.append(Work(name, begun_ns, time.time_ns()))
