"""Replaces the service while it runs: the new process takes its port over, and the old one ends when the new one is ready.

The processes do that between them, on a Unix socket (service/takeover.py). Where the new one fails, the old one goes on.

Of several processes that are replaced the service comes first: the old one sends to the collector that it knows, and the new one
waits for the collector that it needs. Only a receiver that stops asking for a token comes before its sender: what is refused for
want of one is not sent again.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from labctl.components import SERVICE
from labctl.host import daemons
from labctl.host.daemons import Daemon, Running
from labctl.model import LabSpec
from labctl.switches.security import AUTH, TLS

VARIABLE: Final = "HANDOVER_SOCKET"


def possible(spec: LabSpec, old: Running | None, new: Daemon) -> bool:
    """Whether the old process gives its port to the new one: it runs, on the same port, and offers it."""
    if old is None or old.component != SERVICE.name or dict(old.listens) != dict(new.listens) or daemons.is_stopped(old):
        return False
    return VARIABLE in old.environment() and VARIABLE in new.env and offer_of(spec) is not None


def in_order(stale: Sequence[Daemon], before: Mapping[str, str], now: Mapping[str, str]) -> list[Daemon]:
    """`stale`: in the order in which they would be started afresh; before, now: the switches that are on."""
    last = AUTH.name in before and AUTH.name not in now and before.get(TLS.name) == now.get(TLS.name)
    return sorted(stale, key=lambda one: (one.component == SERVICE.name) == last)


def together(first: Daemon, stale: Iterable[Daemon]) -> list[str]:
    """The components that end with the one before `first`: of the collector and the viewer both, before one of them starts."""
    others = [one.component for one in stale if one.component != SERVICE.name]
    return others if first.component in others else []


def offer_of(spec: LabSpec) -> int | None:
    """Another number for each process that offers the port; None where none does."""
    try:
        return _path(spec).stat().st_ino
    except OSError:
        return None


def forget(spec: LabSpec) -> None:
    for path in spec.state.glob(f"{_path(spec).name}*"):
        path.unlink(missing_ok=True)


def _path(spec: LabSpec) -> Path:
    return spec.state / "service.sock"
