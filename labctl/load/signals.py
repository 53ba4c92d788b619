"""While a run lasts, a signal that would end this program ends the run as Ctrl-C does, so that its figures are still shown."""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType


@contextmanager
def as_interrupts() -> Iterator[Sequence[int]]:
    """Yields the signals that came; a signal before the run has begun ends the program."""
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield came
    except KeyboardInterrupt:
        if came:
            sys.exit(128 + came[0])
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
