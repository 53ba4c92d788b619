"""The components' table as processes to run: command, environment, ports, and a fingerprint of all that each depends on."""

import hashlib
import json
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import labctl
from labctl.components import COMPONENTS, Component, ConfigFile, HostedBy, Process
from labctl.host.daemons import Daemon
from labctl.model import LabSpec
from labctl.targets.local import collector

STATE_MODE = 0o700


def started() -> list[Component]:
    """Those that are processes of their own here, in the order in which they start: what waits for another comes last."""
    own = [component for component in reversed(COMPONENTS) if not hosted(component)]
    return sorted(own, key=lambda component: component.process.after != "")


def hosted(component: Component) -> HostedBy | None:
    """By which other component its ports are offered here, where there is no program for it."""
    process = component.process
    return process.otherwise if process.programs and not program(process) else None


def program(process: Process) -> str | None:
    """What is on the PATH of `programs`, the first that is named first."""
    return next((found for name in process.programs if (found := shutil.which(name))), None)


def daemons(spec: LabSpec) -> Iterator[Daemon]:
    """What runs, in the order in which it starts. Each is worked out when it is asked for, while the one before starts."""
    return (_daemon(spec, component) for component in started())


def log_of(spec: LabSpec, component: str) -> Path:
    return spec.state / "logs" / f"{component}.log"


def store_of(spec: LabSpec) -> Path:
    return spec.state / "viewer.db"


def _daemon(spec: LabSpec, component: Component) -> Daemon:
    process, guests = component.process, _guests(component)
    values = _values(spec, process)
    words = (*process.argv, *(word for guest in guests for word in _host(guest).argv))
    argv = tuple(word.format_map(values) for word in words)
    env = {name: value.format_map(values) for name, value in process.env.items()}
    if process.settings:
        env |= spec.service_env
    listens = {port.name: spec.ports[port.name] for one in (component, *guests) for port in one.ports}
    fingerprint = _fingerprint(argv, env, _sources(process, values))
    return Daemon(component.name, argv, env, log_of(spec, component.name), listens, fingerprint)


def _guests(component: Component) -> list[Component]:
    return [one for one in COMPONENTS if (host := hosted(one)) and host.component == component.name]


def _host(guest: Component) -> HostedBy:
    assert guest.process.otherwise
    return guest.process.otherwise


def _values(spec: LabSpec, process: Process) -> dict[str, object]:
    """What stands for the names in braces of the table."""
    return {
        **spec.ports, "python": sys.executable, "bin": Path(sys.executable).parent, "project": spec.project,
        "package": Path(labctl.__file__).parents[1], "state": spec.state, "program": program(process),
        "config": _write_config(spec, process.config) if process.config else "",
        "max_bytes": spec.viewer_max_bytes, "max_age_s": spec.viewer_max_age_s,
    }


def _write_config(spec: LabSpec, config: ConfigFile) -> Path:
    path = spec.state / config.key
    path.parent.mkdir(parents=True, exist_ok=True, mode=STATE_MODE)
    path.write_text(collector.configuration(spec.project, config))
    return path


def _sources(process: Process, values: Mapping[str, object]) -> Iterator[Path]:
    for source in process.sources:
        root, _, pattern = source.partition("/")
        yield from Path(root.format_map(values)).glob(pattern)
    if process.config:
        yield Path(str(values["config"]))


def _fingerprint(argv: tuple[str, ...], env: Mapping[str, str], sources: Iterable[Path]) -> str:
    """16 hex digits that change when the command, its environment or a source file does."""
    digest = hashlib.sha256(json.dumps([argv, dict(env)], sort_keys=True).encode())
    for path in sorted(sources):
        digest.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
