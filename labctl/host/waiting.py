"""The one way to wait for something that has to be polled: a deadline, and a poll up to it.

Nothing here raises: the caller gets the last value seen, and decides what it means.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Deadline:
    at: float                           # of the monotonic clock

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """Seconds, never below zero."""
        return max(0.0, self.at - time.monotonic())

    @property
    def passed(self) -> bool:
        return time.monotonic() >= self.at

    def sooner(self, seconds: float) -> "Deadline":
        """The earlier one of this deadline and the one in `seconds`."""
        return Deadline(min(self.at, time.monotonic() + seconds))


def until(
    look: Callable[[], T], within: float | Deadline, *, every: float = 0.05, done: Callable[[T], object] = bool,
) -> T:
    """Call `look` every `every` seconds until `done` of its value or the deadline. Returns the last value.

    Looks at least once, and once more after the deadline, so that a suspended machine does not cause an error.
    """
    deadline = within if isinstance(within, Deadline) else Deadline.after(within)
    while True:
        last_look = deadline.passed
        seen = look()
        if done(seen) or last_look:
            return seen
        time.sleep(min(every, deadline.left))
