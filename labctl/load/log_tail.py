"""The last lines of a component's log, kept up to date by a thread while a run lasts."""

import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from labctl.errors import LabError, UsageError
from labctl.model import LogQuery, Target

_LINES: Final = 8


def follow(target: Target | None, component: str | None) -> Sequence[str]:
    """A bounded sequence of the latest lines; empty without a component. Raises UsageError where no lab runs."""
    lines: deque[str] = deque(maxlen=_LINES)
    if component is None:
        return lines
    if target is None:
        raise UsageError(f"--tail {component}: no lab is up", hint="labctl up")
    query = LogQuery([component], follow=True, since=time.time())

    def read() -> None:
        with suppress(LabError):                        # a component that is gone logs nothing more
            for line in target.logs(query):
                lines.append(line.text)

    threading.Thread(target=read, name=f"tail {component}", daemon=True).start()
    return lines
