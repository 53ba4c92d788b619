"""The viewer: whether it answers, and stores what it is sent."""

from typing import Final

from labctl.why.rules.viewer import (
    answers,
    refuses,
    retention,
    store,
)

MODULES: Final = (
    answers, store, refuses, retention,
)
