"""What this machine has left."""

from typing import Final

from labctl.why.rules.machine import (
    busy,
    clock,
    disk,
    inotify,
)

MODULES: Final = (
    disk, busy, clock, inotify,
)
