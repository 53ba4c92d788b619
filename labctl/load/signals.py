"""While a run lasts, a signal that would end this program ends the run as Ctrl-C does, so that its figures are still shown."""

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Final

_SAME_S: Final = 1.0                    # `timeout` and a closing terminal signal a program and then its group: that is one signal


@contextmanager
def as_interrupts() -> Iterator[Sequence[int]]:
    """Yields the signals that came; a signal before the run has begun ends the program."""
    came: list[int] = []
    first_at, terminals = 0.0, [one for one in (1, 2) if os.isatty(one)]

    def note(number: int, _frame: FrameType | None) -> None:
        nonlocal first_at
        if came and time.monotonic() - first_at < _SAME_S:
            return
        first_at = first_at or time.monotonic()
        came.append(number)
        _leave_the_terminal(terminals)
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


def _leave_the_terminal(descriptors: Sequence[int]) -> None:
    """Write to nowhere instead of to a terminal that was closed, where each write would fail and the run would not be kept."""
    for gone in descriptors:
        if not os.isatty(gone):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, gone)
            os.close(nowhere)
