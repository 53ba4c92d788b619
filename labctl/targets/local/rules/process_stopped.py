"""A process that a signal has stopped: it holds its port and answers nothing."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import DOWN, Evidence, Finding, Kind
from labctl.host import daemons
from labctl.targets.local.lab_processes import LabProcesses, down_with

LOOKS_AT: Final = "whether a signal has stopped a process"


def find(lab: LabProcesses) -> Iterator[Finding]:
    for name, process in lab.processes.items():
        if daemons.is_stopped(process) and name in DOWN:
            yield Finding(
                "process-stopped", Kind.CAUSE, name, f"the {name} is stopped by a signal",
                (Evidence("process table", f"pid {process.pid} is stopped (SIGSTOP)"),),
                f"kill -CONT {process.pid}", leads_to=down_with(name),
            )
