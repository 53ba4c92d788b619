"""What this machine has left."""

from typing import Final

from labctl.why.rules.machine import (
    busy,
    clock,
    disk,
)

MODULES: Final = (
    disk, busy, clock,
)
