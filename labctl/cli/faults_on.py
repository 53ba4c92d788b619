"""What commands do about faults that are on: those whose time is over are mended first, the others are named by `up`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from labctl.config import Config
    from labctl.faults.breaking import Broken

_NO_LAB: Final = {"config", "doctor", "down", "kubeconfig"}     # commands that need none to be whole
_OWN: Final = {"up", "dev", "mend"}     # that see to it themselves


def end_expired(command: str, flags: Mapping[str, str | None]) -> None:
    """Mend the lab when the time of its faults is over, for a command that opens it."""
    if command in _NO_LAB | _OWN:
        return
    from labctl.config import load
    from labctl.faults.lease import recorded

    config = load(flags)
    if recorded(config.state):
        from labctl.faults import mending
        from labctl.ui.lab.steps import steps

        mending.end_expired(config, steps())


def mend_all(config: "Config") -> None:
    """For a command that keeps the lab equal to its project from now on."""
    from labctl.faults.lease import recorded

    if recorded(config.state):
        from labctl.faults.mending import mend
        from labctl.ui.lab.steps import steps

        mend(config, "", steps())


def on(config: "Config") -> "Broken | None":
    from labctl.faults.lease import recorded

    if not recorded(config.state):
        return None
    from labctl.faults.breaking import on as read

    return read(config)


@contextmanager
def told(config: "Config") -> Iterator[None]:
    """Around what makes the lab equal to its project: says that faults are on, which are gone afterwards."""
    from labctl.faults.lease import forget

    broken = on(config)
    if broken:
        from labctl.ui.kit.plain import remark
        from labctl.ui.lab import faults as screen

        remark(f" ! {screen.line(broken)}")
    yield
    if broken:
        from labctl.faults.mending import made_whole

        made_whole(config)
    else:
        forget(config.state)
