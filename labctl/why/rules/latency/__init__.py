"""Where the time of a slow request goes."""

from typing import Final

from labctl.why.rules.latency import (
    configured,
    last_run,
    saturated,
    slow,
    throttled,
)

MODULES: Final = (
    slow, configured, throttled, saturated, last_run,
)
