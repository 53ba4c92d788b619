"""Ends what is left of dead labs, none of whose components runs; one that runs without its folder is only named."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from labctl.components import BY_NAME
from labctl.host import daemons
from labctl.host.daemons import Running
from labctl.model import LabSpec, Repair
from labctl.numbers import plural

GRACE_S = 5.0
AGAIN_S = 0.5
INNER = "/"                             # of a name that is no lab's, such as that of a cluster in the making


def repairs(spec: LabSpec) -> Iterator[Repair]:
    for lab in sorted(daemons.labs()):
        found = daemons.running(lab)
        if INNER in lab or not found or not (why := _dead(lab, found)):
            continue
        if any(one.component in BY_NAME for one in found):
            line = "labctl down, then labctl up" if lab == spec.name else f"labctl down --lab {lab}"
            yield Repair(f"the lab {lab} runs without its state folder", done=False, why=line)
            continue
        held = sorted({port for one in found for port in one.listening()})
        killed = daemons.stop(found, GRACE_S)
        freed = f", which held {plural(len(held), 'port')}: {', '.join(map(str, held))}" if held else ""
        hard = f"; {len(killed)} had to be killed" if killed else ""
        yield Repair(f"ended {plural(len(found), 'process', 'processes')} of the lab {lab} ({why}){freed}{hard}", done=True)


def _dead(lab: str, processes: Sequence[Running]) -> str:
    """Why nobody can be using that lab; empty when somebody may."""
    if all(_folder_is_gone(one) for one in processes):
        return "its state folder was deleted"
    if any(one.component in BY_NAME for one in processes):
        return ""
    # while a program is being started its environment cannot be read for a moment
    time.sleep(AGAIN_S)
    return "" if any(one.component in BY_NAME for one in daemons.running(lab)) else "none of its components runs"


def _folder_is_gone(one: Running) -> bool:
    """Its working folder, which is in the lab's state folder. False where nobody can tell."""
    try:
        folder = one.process.cwd()
    except psutil.Error:
        return False
    return bool(folder) and not Path(folder).is_dir()
