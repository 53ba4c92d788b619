"""Another program listens on a port of the lab, so that the component cannot."""

from collections.abc import Iterator
from typing import Final

from labctl.components import BY_NAME
from labctl.findings import DOWN, Evidence, Finding, Kind
from labctl.host import ports
from labctl.host.ports import ProcessHolder
from labctl.targets.local import processes
from labctl.targets.local.lab_processes import LabProcesses

LOOKS_AT: Final = "whether another program has one of the lab's ports"


def find(lab: LabProcesses) -> Iterator[Finding]:
    own = {process.pid for process in lab.processes.values()}
    for name in lab.components:
        for port in BY_NAME[name].ports:
            number = lab.spec.ports[port.name]
            pid = lab.listening.get(number)
            holder = ports.holder_of(number, pid) if pid is not None and pid not in own else None
            if holder and not _own(lab, name, holder):
                yield _taken(lab, name, holder)


def _own(lab: LabProcesses, component: str, holder: ProcessHolder) -> bool:
    host = processes.hosted(BY_NAME[component])
    return holder.lab == lab.spec.name and holder.component == (host.component if host else component)


def _taken(lab: LabProcesses, component: str, holder: ProcessHolder) -> Finding:
    free = f"labctl down --lab {holder.lab}" if holder.lab and holder.lab != lab.spec.name else f"kill {holder.pid}"
    return Finding(
        "port-taken", Kind.CAUSE, component, f"port {holder.port}, the {component}'s, is taken by another program",
        (Evidence("open sockets", f"port {holder.port}: {holder}"),),
        f"{free}; labctl up" if holder.pid else "labctl doctor", leads_to=frozenset({DOWN[component]}),
    )
