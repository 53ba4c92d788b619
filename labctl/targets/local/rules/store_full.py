"""An add-on has ended, and the disk of its store is full."""

import shlex
from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.components import BY_NAME, called
from labctl.findings import DOWN, Evidence, Finding, Kind
from labctl.host import folders
from labctl.model import State
from labctl.targets.local.lab_processes import LabProcesses

LOOKS_AT: Final = "whether the disk of an add-on that has ended is full"
_NONE: Final = 4 << 20                  # too little to begin with


def find(lab: LabProcesses) -> Iterator[Finding]:
    for name in (one.name for one in lab.components.values() if one.health.state is State.ABSENT and BY_NAME[one.name].addon):
        store = lab.spec.state / name
        if store.is_dir() and (free := folders.free_bytes(store)) < _NONE:
            yield Finding(
                "store-full", Kind.CAUSE, name, f"{called(name)} has ended, and the disk of its store is full",
                (Evidence(f"the disk of {store}", f"{numbers.size(free)} free"),),
                f"du -ah {shlex.quote(str(store))} | sort -h | tail", leads_to=frozenset({DOWN[name]}),
            )
