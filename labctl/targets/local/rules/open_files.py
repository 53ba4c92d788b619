"""A process that may open no more files, or only few: each connection is one."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import DOWN, Evidence, Finding, Kind, Symptom
from labctl.host.open_files import has_fewer, limit_of, opened_by
from labctl.targets.local.lab_processes import LabProcesses

LOOKS_AT: Final = "how many files each process has open, against its limit"
_LEFT: Final = 4                        # connections need a few more while they are accepted


def find(lab: LabProcesses) -> Iterator[Finding]:
    for name, process in lab.processes.items():
        opened, limit = opened_by(process.pid), limit_of(process.pid)
        if name not in DOWN or opened is None or limit is None:
            continue
        none_left = opened >= limit - _LEFT
        if none_left or has_fewer(process.pid):
            what = "has reached its limit of open files, and accepts no new connections" if none_left else (
                f"may open only {limit} files, and every connection takes one")
            yield Finding(
                "open-files", Kind.CAUSE, name, f"the {name} {what}",
                (Evidence("process table", f"pid {process.pid}: {opened} of {limit} files open (ulimit -n)"),), "labctl up",
                leads_to=frozenset({DOWN[name], Symptom.REQUESTS_FAIL} if none_left else {Symptom.REQUESTS_FAIL}),
            )
