"""A log file that was deleted while its process still writes to it: further lines are lost."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import DOWN, Evidence, Finding, Kind
from labctl.targets.local.lab_processes import LabProcesses

LOOKS_AT: Final = "whether each process's log file still exists"


def find(lab: LabProcesses) -> Iterator[Finding]:
    for name, process in lab.processes.items():
        if name in DOWN and process.log_is_deleted():
            yield Finding(
                "log-deleted", Kind.CAUSE, name, f"the {name}'s log file was deleted: what it writes is lost",
                (Evidence("process table", f"pid {process.pid} writes to a deleted file"),), "labctl up",
            )
