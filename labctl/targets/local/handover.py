"""Replaces the service while it runs: the new process takes its port over, and the old one ends when the new one is ready.

The processes do that between them, on a Unix socket (service/takeover.py). Where the new one fails, the old one goes on.
"""

from pathlib import Path
from typing import Final

from labctl.components import SERVICE
from labctl.host import daemons
from labctl.host.daemons import Daemon, Running
from labctl.model import LabSpec

VARIABLE: Final = "HANDOVER_SOCKET"


def possible(spec: LabSpec, old: Running | None, new: Daemon) -> bool:
    """Whether the old process gives its port to the new one: it runs, on the same port, and offers it."""
    if old is None or old.component != SERVICE.name or dict(old.listens) != dict(new.listens) or daemons.is_stopped(old):
        return False
    return VARIABLE in old.environment() and VARIABLE in new.env and offer_of(spec) is not None


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
