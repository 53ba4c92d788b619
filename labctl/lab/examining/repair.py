"""`labctl doctor --fix`: what is safe to put right, and for the rest who has to do it.

Safe is what belongs to labctl and what nobody can still be using: remains of killed labs, locks of labs that
are no more, images of earlier edits. A lab that runs is never touched, nor a program that is not labctl's.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from labctl import targets
from labctl.errors import LabError, Locked, os_reason
from labctl.host import locks, ports
from labctl.host.folders import OTHER_STATE
from labctl.lab.lifecycle import lock_of
from labctl.model import LabSpec, Repair

MODE: Final = 0o700


def repair(spec: LabSpec) -> Iterator[Repair]:
    """What was done and what was not, in that order of attempts. Under the lab's lock."""
    yield from _state_folder(spec.state.parent)
    yield from _stale_locks(spec)
    try:
        with locks.hold(lock_of(spec), "doctor --fix"):
            yield from targets.repairs(spec)
    except Locked as error:
        yield Repair(f"the lab {spec.name}", done=False, why=error.message)
    except LabError as error:
        yield Repair(f"the lab {spec.name}", done=False, why=f"{error.message}: {error.detail}".rstrip(": "))
    yield from _ports(spec)


def _state_folder(folder: Path) -> Iterator[Repair]:
    if folder.is_dir():
        if not os.access(folder, os.W_OK):
            yield Repair(f"the state folder {folder}", done=False, why=f"it cannot be written; {OTHER_STATE}, or: chown it")
        return
    try:
        folder.mkdir(parents=True, mode=MODE)
    except OSError as error:
        yield Repair(f"the state folder {folder}", done=False, why=f"{os_reason(error)}; {OTHER_STATE}")
    else:
        yield Repair(f"created the state folder {folder}", done=True)


def _stale_locks(spec: LabSpec) -> Iterator[Repair]:
    """Locks that nobody holds, of labs that have left nothing."""
    for path in sorted(spec.state.parent.glob("*.lock")):
        if not path.with_suffix("").exists() and locks.remove_unheld(path):
            yield Repair(f"removed the lock {path.name}, which nobody held", done=True)


def _ports(spec: LabSpec) -> Iterator[Repair]:
    """Of those that are still taken: by whom, and why they were left."""
    for name, port in spec.used_ports.items():
        if not ports.taken(port):
            continue
        if container := targets.port_holder(port):
            yield Repair(f"port {port} ({name})", done=False, why=f"taken by {container.name}: {container.hint}")
            continue
        holder = ports.holder(port)
        if holder.lab == spec.name:
            continue
        why = f"the lab runs: labctl down --lab {holder.lab}" if holder.lab else "that program is not labctl's: end it yourself"
        yield Repair(f"port {port} ({name}) is taken by {holder}", done=False, why=why)
