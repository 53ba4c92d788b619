"""What the diagnosis looks at where the lab is plain processes: their environment, their configuration files, their logs."""

from collections.abc import Iterable

from labctl.components import BY_NAME
from labctl.host import daemons, documents
from labctl.host.daemons import Running
from labctl.model import Health, LabSpec, LogLine, Observation, ObservedComponent, Usage
from labctl.redaction import without_secrets
from labctl.targets.local import logs, processes, usage

LINES = 200


def observe(spec: LabSpec, health: Iterable[Health]) -> Observation:
    used = {one.component: one for one in next(usage.samples(spec.name))}
    there = {one.component: one for one in daemons.running(spec.name)}
    found = {one.name: _component(spec, one, there.get(one.name), used.get(one.name)) for one in health}
    return Observation(found)


def _component(spec: LabSpec, health: Health, process: Running | None, used: Usage | None) -> ObservedComponent:
    path = processes.log_of(spec, process.component if process else health.name)
    lines = [LogLine(health.name, None, line) for line in logs.last_lines(path, LINES)]
    env = without_secrets(process.environment()) if process else {}
    return ObservedComponent(health, env, _config(spec, health.name), lines, usage=used)


def _config(spec: LabSpec, component: str) -> str:
    config = BY_NAME[component].process.config
    path = spec.state / config.key if config else None
    return documents.read_bytes(path).decode(errors="replace") if path and path.exists() else ""
