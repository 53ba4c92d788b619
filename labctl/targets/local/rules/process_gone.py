"""A component whose process has ended: it was killed, or it could not start."""

from collections.abc import Iterator
from typing import Final

from labctl.components import BY_NAME
from labctl.findings import DOWN, Evidence, Finding, Kind
from labctl.model import ObservedComponent, State
from labctl.targets.local import processes
from labctl.targets.local.lab_processes import LabProcesses

LOOKS_AT: Final = "whether each component's process runs"
_LINES: Final = 3


def find(lab: LabProcesses) -> Iterator[Finding]:
    for component in lab.components.values():
        if component.health.state is State.ABSENT:
            yield _gone(lab, component)


def _gone(lab: LabProcesses, component: ObservedComponent) -> Finding:
    host = processes.hosted(BY_NAME[component.name])
    process = host.component if host else component.name
    hosted = f": it is in the {process}'s process" if host else ""
    return Finding(
        "process-gone", Kind.CAUSE, component.name, f"the {component.name}'s process is gone{hosted}",
        (Evidence("process table", f"no {process} of the lab {lab.spec.name}"), *_last_lines(component)),
        "labctl up", symptom=DOWN[component.name],
    )


def _last_lines(component: ObservedComponent) -> Iterator[Evidence]:
    for line in [*component.previous_log, *component.log][-_LINES:]:
        yield Evidence(f"the {component.name}'s log", line.text, line.at)
