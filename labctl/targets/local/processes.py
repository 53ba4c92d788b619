"""The components as processes to run: command, environment, ports, and a fingerprint of everything each depends on."""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import labctl
from labctl.changes import CommandChange, NotRunning, ProgramBeside, changed_environment, components, of_kind
from labctl.components import ALL, Component, ConfigFile, HostedBy, Process, of
from labctl.errors import Refused, os_reason
from labctl.host import documents, folders
from labctl.host.daemons import Daemon
from labctl.model import Expected, LabSpec
from labctl.switches.building import with_values
from labctl.targets.changed_configuration import changed_configuration
from labctl.targets.local import log_rotation
from labctl.targets.viewer_limits import max_age_s, max_bytes

STATE_MODE = 0o700
_CONTENT_OF = "${file:"
LOG_ROTATION = "log-rotation"           # a process in addition to the components


def started(switches: Mapping[str, str]) -> list[Component]:
    """The components with a process of their own, in starting order: a component comes after those it waits for."""
    own = [component for component in of(switches) if not hosted(component)]
    return sorted(own, key=lambda component: component.process.after != "")


def hosted(component: Component) -> HostedBy | None:
    """The component that serves its ports when its own program is not on the PATH."""
    process = component.process
    return process.otherwise if process.programs and not program(process) else None


def program(process: Process) -> str | None:
    """The first of the process's programs that is on the PATH."""
    return next((found for name in process.programs if (found := shutil.which(name))), None)


def daemons(spec: LabSpec) -> Iterator[Daemon]:
    """The processes in starting order. Lazy, so that each is prepared while the previous one starts."""
    absent = components(NotRunning, spec.changes)
    yield from (_daemon(spec, component) for component in started(spec.switches) if component.name not in absent)
    yield _log_rotation(spec)


def _log_rotation(spec: LabSpec) -> Daemon:
    source = Path(log_rotation.__file__)
    argv = (sys.executable, "-I", "-S", str(source), str(spec.state / "logs"), str(log_rotation.MAX_BYTES))
    # it is started anew with the switches, so that the lab keeps them also without the process that they have changed
    fingerprint = _fingerprint(argv, spec.switches, [source])
    return Daemon(LOG_ROTATION, argv, {}, log_of(spec, LOG_ROTATION), {}, fingerprint, switches=spec.switches)


def beside(spec: LabSpec) -> Iterator[Daemon]:
    """The programs beside the lab that the spec's changes ask for."""
    for change in of_kind(ProgramBeside, spec.changes):
        argv = tuple(word.format_map(_paths_and_ports(spec)) for word in change.argv)
        fingerprint = _fingerprint(argv, {}, ())
        yield Daemon(fingerprint, argv, {}, Path(os.devnull), {}, fingerprint)


def log_of(spec: LabSpec, component: str) -> Path:
    return spec.state / "logs" / f"{component}.log"


def judge(spec: LabSpec, component: Component) -> Daemon:
    """The short process that says whether the component can use its settings; it listens on nothing."""
    argv = tuple(word.format_map(_values(spec, component.process)) for word in component.process.judge)
    return Daemon(component.name, argv, _plain_environment(spec, component), log_of(spec, component.name), {}, "")


def expected(spec: LabSpec, component: Component) -> Expected:
    """What `up` would give its process now; nothing is written."""
    config = "\n".join(configuration(spec, file) for file in component.files)
    return Expected(_environment(spec, component), config, _argv(spec, component))


def _daemon(spec: LabSpec, component: Component) -> Daemon:
    process, guests = component.process, _guests(component)
    argv, values = _argv(spec, component), _values(spec, process)
    for change in of_kind(CommandChange, spec.changes):
        argv = change.edit(argv) if change.component == component.name else argv
    env = changed_environment(_environment(spec, component), component.name, spec.changes)
    listens = {port.name: spec.ports[port.name] for one in (component, *guests) for port in one.ports}
    rewritten = sum(_write_config(spec, component, file) for file in component.files) > 0
    fingerprint = _fingerprint(argv, env, (*_sources(spec, component, values), *_named_in(spec, env)))
    given = spec.service_env_from if process.settings else {}
    return Daemon(
        component.name, argv, env, log_of(spec, component.name), listens, fingerprint, given, spec.switches,
        restart=rewritten and not process.reloads, reload=rewritten and process.reloads,
    )


def _argv(spec: LabSpec, component: Component) -> tuple[str, ...]:
    words = (*component.process.argv, *(word for guest in _guests(component) for word in _host(guest).argv))
    values = _values(spec, component.process)
    given = with_values((word.format_map(values) for word in words), spec.parts.argument_values.get(component.name, {}))
    return (*given, *spec.parts.arguments.get(component.name, ()))


def _environment(spec: LabSpec, component: Component) -> dict[str, str]:
    env = _plain_environment(spec, component)
    if component.process.instrumented:
        env["PYTHONPATH"] = f"{_auto_instrumentation()}{os.pathsep}{env['PYTHONPATH']}"
    return env


def _plain_environment(spec: LabSpec, component: Component) -> dict[str, str]:
    """Without the folder that sets OpenTelemetry up."""
    process, values = component.process, _values(spec, component.process)
    # a colon would split the entry of a search path
    importable = {**values, "project": _without_colon(spec)}
    env = {name: value.format_map(importable if name == "PYTHONPATH" else values) for name, value in process.env.items()}
    return env | settings(spec, component)


def settings(spec: LabSpec, component: Component) -> dict[str, str]:
    """What the switches give it, and where it has settings, what is given of those."""
    return {**spec.parts.env.get(component.name, {}), **(spec.service_env if component.process.settings else {})}


def _auto_instrumentation() -> str:
    """The folder whose `sitecustomize` sets OpenTelemetry up. `opentelemetry-instrument` would start the interpreter twice."""
    found = find_spec("opentelemetry.instrumentation.auto_instrumentation")
    if not found or not found.origin:
        raise Refused("the package opentelemetry-instrumentation is missing", hint=f"pip install {labctl.DISTRIBUTION}")
    return str(Path(found.origin).parent)


def _guests(component: Component) -> list[Component]:
    return [one for one in ALL if (host := hosted(one)) and host.component == component.name]


def _host(guest: Component) -> HostedBy:
    assert guest.process.otherwise
    return guest.process.otherwise


def _values(spec: LabSpec, process: Process) -> dict[str, object]:
    """The values of the placeholders in the component table."""
    return {
        **_paths_and_ports(spec), "program": program(process),
        # relative to its working directory: the collector parses it as a URI, where `$` and `:` are special
        "config": f"../{process.config.key}" if process.config else "",
        "max_bytes": max_bytes(spec), "max_age_s": max_age_s(spec),
    }


def _paths_and_ports(spec: LabSpec) -> dict[str, object]:
    return {
        **spec.ports, "python": sys.executable, "project": spec.project, "package": Path(labctl.__file__).parents[1],
        "state": spec.state,
    }


def _write_config(spec: LabSpec, component: Component, config: ConfigFile) -> bool:
    """Whether the file had another content, or did not exist."""
    text, path = configuration(spec, config), spec.state / config.key
    text = changed_configuration(text, component.name, spec.changes, config.manifest)
    try:
        if path.is_file() and path.read_bytes() == text.encode():
            return False
        documents.write_private(path, text)
    except OSError as error:
        raise Refused(os_reason(error), advice=folders.OTHER_STATE) from None
    return True


def configuration(spec: LabSpec, config: ConfigFile) -> str:
    """The text under `config.key` in the ConfigMap, with the switches in it. Raises Refused when the manifest has none."""
    if config.key in spec.parts.configs:
        return spec.parts.configs[config.key]
    path = spec.project / "manifests" / config.manifest
    for document in documents.read_yaml(path):
        if document.field("kind").value == "ConfigMap":
            return document.field("data").field(config.key).text()
    raise Refused(f"{path} has no ConfigMap", advice=f"the collector's configuration is its data: {config.key}")


def _without_colon(spec: LabSpec) -> str:
    """The project as an entry of a search path; if its name has a colon, a link to it, relative to the logs' folder."""
    if os.pathsep not in str(spec.project):
        return str(spec.project)
    link = spec.state / "project"
    try:
        link.unlink(missing_ok=True)
        link.symlink_to(spec.project)
    except OSError as error:
        raise Refused(os_reason(error), advice=folders.OTHER_STATE) from None
    return "../project"


def _sources(spec: LabSpec, component: Component, values: Mapping[str, object]) -> Iterator[Path]:
    for source in component.process.sources:
        root, _, pattern = source.partition("/")
        found = Path(root.format_map(values)).glob(pattern)
        # skips editors' lock files, dangling links, pipes and folders
        yield from (path for path in found if path.is_file() and not path.name.startswith(".#"))
    yield from (spec.state / file.key for file in component.files if not component.process.reloads)


def _named_in(spec: LabSpec, env: Mapping[str, str]) -> Iterator[Path]:
    """Files whose content a variable stands for, as the collector writes it: `${file:../headers/x/headers.yaml}`."""
    for text in env.values():
        if text.startswith(_CONTENT_OF) and text.endswith("}"):
            yield spec.state / "logs" / text.removeprefix(_CONTENT_OF).removesuffix("}")


def _fingerprint(argv: tuple[str, ...], env: Mapping[str, str], sources: Iterable[Path]) -> str:
    """16 hex digits that change when the command, its environment or a source file does."""
    digest = hashlib.sha256(json.dumps([argv, dict(env)], sort_keys=True).encode())
    for path in sorted(sources):
        try:
            content = documents.read_bytes(path)
        except Refused:
            if path.exists():
                raise
            continue                    # an editor has just removed it
        digest.update(os.fsencode(path) + b"\0" + content + b"\0")
    return digest.hexdigest()[:16]
