"""stdout and stderr as a command needs them.

Subtle: losing progress output is acceptable, losing a result is not. A stderr that cannot be written to (its reader is gone, the
disk is full) is silently given up; a stdout that cannot be written to is an error.
"""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from labctl.errors import LabError, os_reason

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EPIPE}


class BestEffortStream(TextIOWrapper):
    """Drops what cannot be written, instead of failing."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError:
            self._give_up()
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:
            self._give_up()

    def _give_up(self) -> None:
        _to_nowhere(self.fileno())


def prepare() -> None:
    """Characters that the terminal's encoding lacks become ? instead of a traceback; a closed stream discards its output."""
    if os.environ.get("CLICOLOR") == "0":
        os.environ.setdefault("NO_COLOR", "1")          # the libraries know only that one
    sys.stdout, sys.stderr = (stream or _nowhere() for stream in (sys.stdout, sys.stderr))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    if isinstance(sys.stderr, TextIOWrapper):
        encoding = sys.stderr.encoding
        sys.stderr = BestEffortStream(sys.stderr.detach(), encoding, "replace", line_buffering=True)


@contextmanager
def results() -> Iterator[None]:
    """What is printed has arrived when the block ends. Raises LabError where it cannot, BrokenPipeError where nobody reads it."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        if error.errno not in _FULL:
            raise
        _to_nowhere(sys.stdout.fileno())                # python would complain again when it flushes at exit
        if isinstance(error, BrokenPipeError):
            raise
        raise LabError(f"the result cannot be written: {os_reason(error)}") from None


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def _to_nowhere(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
