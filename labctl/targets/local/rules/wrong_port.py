"""A component that runs, and listens on another port than the lab's settings say."""

from collections.abc import Iterator
from typing import Final

from labctl.components import BY_NAME, Component
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.host.daemons import Running
from labctl.model import State
from labctl.targets.local.lab_processes import LabProcesses

LOOKS_AT: Final = "whether each component listens on its ports"
_LEADS_TO: Final = {
    "service": Symptom.SERVICE_DOWN, "viewer": Symptom.VIEWER_DOWN, "otlp_grpc": Symptom.SERVICE_EXPORT_FAILS,
    "otlp_http": Symptom.TRACES_MISSING,
}


def find(lab: LabProcesses) -> Iterator[Finding]:
    for name, process in lab.processes.items():
        component = BY_NAME.get(name)
        if component:
            yield from _missing(lab, component, process)


def _missing(lab: LabProcesses, component: Component, process: Running) -> Iterator[Finding]:
    listening, starting = lab.ports_of(process), lab.components[component.name].health.state is State.STARTING
    missing = [port for port in component.ports if port.name in process.listens and process.listens[port.name] not in listening]
    others = sorted(listening - set(process.listens.values()))
    if not listening or not missing or (starting and not others):
        return
    on = f"listens on {', '.join(map(str, sorted(listening)))}"
    wanted = ", ".join(f"{process.listens[port.name]} ({port.name})" for port in missing)
    elsewhere = f", but on {', '.join(map(str, others))}" if others else ""
    yield Finding(
        "wrong-port", Kind.CAUSE, component.name, f"the {component.name} does not listen on {wanted}{elsewhere}",
        (Evidence("open sockets", f"pid {process.pid} {on}"),), "labctl up",
        # where the configuration says that port, that is the cause
        symptom=next((_LEADS_TO[port.name] for port in missing if port.name in _LEADS_TO), None),
    )
