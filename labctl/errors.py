"""What can go wrong, as one tree; every error a user can meet is one of these.

    LabError            1    something failed
    ├── UsageError      2    wrong use of the command line
    ├── Refused         3    this machine lacks something, or it is not ours to touch
    ├── Locked          4    another labctl is changing this lab
    ├── NotReady        5    a wait timed out; `detail` is the last thing seen
    └── Missed          6    a load run missed its thresholds

`message` is the cause, `detail` the last thing seen (verbatim), `hint` a line that fixes it and can be pasted as it is, or
several that each do; `advice` is what no line can do: what to change by hand, or which values there are.
"""

import shlex
import sys
from itertools import pairwise
from typing import ClassVar, Final


def os_reason(error: OSError) -> str:
    """What the system says, such as `no space left on device: /tmp/x`."""
    reason = (error.strerror or str(error)).lower()
    return f"{reason}: {error.filename}" if isinstance(error.filename, str) else reason


_WHICH_LAB: Final = ("--lab", "--project", "--cluster", "--namespace")       # who shows the line adds them to every command


def again(wrong: str = "", right: str = "") -> str:
    """The command line that was typed, as a hint: to be typed again, with a part of it corrected."""
    words = [word for before, word in pairwise(sys.argv) if not (word.startswith(_WHICH_LAB) or before in _WHICH_LAB)]
    return shlex.join(["labctl", *(word.replace(wrong, right) if wrong else word for word in words)])


class LabError(Exception):
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "", detail: str = "", advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = detail
        self.advice = advice


class UsageError(LabError):
    exit_code = 2


class Refused(LabError):
    exit_code = 3


class Locked(LabError):
    exit_code = 4


class NotReady(LabError):
    exit_code = 5


class Missed(LabError):
    exit_code = 6
