"""A process that a signal has stopped: it holds its port and answers nothing. Or it is stopped and continued again and again."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from labctl.components import called
from labctl.findings import DOWN, Certainty, Evidence, Finding, Kind, Symptom
from labctl.host import daemons
from labctl.host.daemons import Running
from labctl.model import State
from labctl.targets.local.lab_processes import LabProcesses, down_with

LOOKS_AT: Final = "whether a signal has stopped a process"
LOOKS: Final = 8
PAUSE_S: Final = 0.05


def find(lab: LabProcesses) -> Iterator[Finding]:
    own = {name: process for name, process in lab.processes.items() if name in DOWN}
    stopped = _looked(own)
    for name, process in own.items():
        seen = stopped[name] + _seen_by_health(lab, name, process)
        if seen and stopped[name] == LOOKS:
            yield _finding(name, process, "is stopped by a signal", "is stopped (SIGSTOP)")
        elif seen:
            yield _flapping(name, process, seen)


def _looked(processes: dict[str, Running]) -> Counter[str]:
    """How often each was stopped."""
    found: Counter[str] = Counter()
    for look in range(LOOKS):
        time.sleep(PAUSE_S if look else 0.0)
        found.update(name for name, process in processes.items() if daemons.is_stopped(process))
    return found


def _seen_by_health(lab: LabProcesses, name: str, process: Running) -> int:
    """Its health was looked at a moment earlier."""
    component = lab.components.get(name)
    return int(component is not None and component.health.state is State.FAILED and component.health.hint == _continue(process))


def _continue(process: Running) -> str:
    return f"kill -CONT {process.pid}"


def _finding(name: str, process: Running, what: str, seen: str) -> Finding:
    return Finding(
        "process-stopped", Kind.CAUSE, name, f"{called(name)} {what}", (Evidence("process table", f"pid {process.pid} {seen}"),),
        _continue(process), leads_to=down_with(name),
    )


def _flapping(name: str, process: Running, seen: int) -> Finding:
    found = _finding(name, process, "is stopped by a signal and continued, again and again",
                     f"was stopped (SIGSTOP) in {seen} of {LOOKS + 1} looks")
    slow = found.leads_to | {Symptom.SLOW}
    return replace(found, leads_to=slow, certainty=Certainty.LIKELY, against="what stops it is unknown, and may do so again")
