"""What the rules of the local target look at: the lab's processes, and each component as it was observed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from labctl.components import ALL
from labctl.findings import DOWN, Symptom
from labctl.host.daemons import Running
from labctl.model import LabSpec, ObservedComponent
from labctl.targets.local import processes


@dataclass(frozen=True, slots=True)
class LabProcesses:
    spec: LabSpec                       # with the ports of the running lab
    processes: Mapping[str, Running]    # by component
    components: Mapping[str, ObservedComponent]
    listening: Mapping[int, int] = field(default_factory=dict)      # the process by the port that it listens on

    def ports_of(self, process: Running) -> set[int]:
        return {port for port, pid in self.listening.items() if pid == process.pid}


def down_with(component: str) -> frozenset[Symptom]:
    """What is noticed when its process does not answer: also of components whose ports it serves."""
    guests = [one.name for one in ALL if (host := processes.hosted(one)) and host.component == component]
    return frozenset(DOWN[name] for name in (component, *guests))
