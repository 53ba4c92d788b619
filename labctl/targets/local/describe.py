"""A component's process as a description: what it was started with, where it listens, what it reads and writes."""

from collections.abc import Iterator
from pathlib import Path

import psutil

from labctl.components import Component
from labctl.description import Description, Mount, PortInUse, Probe, Replica
from labctl.host.daemons import Running, is_token
from labctl.model import Health, LabSpec, State
from labctl.redaction import without_secrets
from labctl.targets.local import logs, processes

LINES = 5


def describe(spec: LabSpec, component: Component, health: Health, process: Running | None) -> Description:
    """`process` may be another component's, which serves this one's ports too."""
    log = processes.log_of(spec, process.component if process else component.name)
    lines, seen = logs.last_lines(log, LINES), (component.name, health.state.value, health.detail, health.hint)
    if process is None:
        return Description(*seen, log=lines)
    running = process.process
    try:
        state, command, folder = running.status(), running.cmdline(), running.cwd()
    except psutil.Error:
        return Description(*seen, log=lines)            # it has just exited
    env = {name: text for name, text in process.environment().items() if not is_token(name)}
    return Description(
        *seen, [Replica(f"pid {process.pid}", str(state), health.state is State.READY, process.started)],
        command=command, folder=folder,
        env=without_secrets(env), no_resources="the local target runs plain processes, without limits",
        probes=[Probe("health", f"GET {component.health.path} on port {_port(process, spec, component.health.port)}")],
        ports=list(_ports(component, process, health)), mounts=list(_files(spec, component, log)), log=lines,
    )


def _port(process: Running, spec: LabSpec, name: str) -> int:
    return process.listens.get(name, spec.ports[name])


def _ports(component: Component, process: Running, health: Health) -> Iterator[PortInUse]:
    listening = process.listening()
    for port in component.ports:
        if number := process.listens.get(port.name):
            wrong = "" if number in listening else "nothing listens on it"
            yield PortInUse(port.name, number, health.endpoints.get(port.name, ""), wrong)


def _files(spec: LabSpec, component: Component, log: Path) -> Iterator[Mount]:
    if component.process.config:
        yield Mount(str(spec.state / component.process.config.key), f"manifests/{component.process.config.manifest}")
    if "{state}" in "".join(component.process.argv):
        yield Mount(str(spec.state), "its store")
    yield Mount(str(log), "its log")
