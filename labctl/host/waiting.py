"""The one way to wait for something that can only be asked for: a deadline, and a poll up to it.

Nothing here raises: who waits gets the last thing seen, and knows best what to say of it.
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
        """The same, or the one after `seconds` where that comes first."""
        return Deadline(min(self.at, time.monotonic() + seconds))


def until(
    look: Callable[[], T], within: float | Deadline, *, every: float = 0.05, done: Callable[[T], object] = bool,
) -> T:
    """Look, and again after `every` seconds, until `done` of what was seen or the time is over. Returns what was seen last.

    Looks at least once, and once more when the time is over: a wait that was slept through is not an error.
    """
    deadline = within if isinstance(within, Deadline) else Deadline.after(within)
    while True:
        last_look = deadline.passed
        seen = look()
        if done(seen) or last_look:
            return seen
        time.sleep(min(every, deadline.left))
