"""Where the time of a slow request goes."""

from typing import Final

from labctl.why.rules.latency import (
    configured,
    last_run,
    saturated,
    slow,
)

MODULES: Final = (
    slow, configured, saturated, last_run,
)
