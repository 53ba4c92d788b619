"""The switches of a lab of processes: recorded in the environment of each process, so that no file has to be kept.

Subtle: a process keeps the switches that were on when it was started. The newest one knows; what a change of switches starts
anew is what it changes, and the log rotation.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from shlex import quote

from labctl.components import COLLECTOR, WITH, Component, ConfigFile, of
from labctl.errors import Refused
from labctl.host.daemons import Running
from labctl.model import Expected, LabSpec, TextChange
from labctl.redaction import redacted, secrets_of, without_secrets
from labctl.switches import addons, chosen, composing
from labctl.switches.mesh.switch import MESH
from labctl.switches.parts import parts
from labctl.switches.security import ALLOW_FROM
from labctl.switches.stores import volumes
from labctl.targets.local import processes


def recorded(running: Sequence[Running]) -> dict[str, str]:
    newest_first = sorted(running, key=lambda one: -one.started)
    return chosen.known(next((found for one in newest_first if (found := one.switches()) is not None), {}))


def on(spec: LabSpec, running: Sequence[Running]) -> dict[str, str]:
    """The recorded ones with those given anew."""
    return chosen.merged(recorded(running), spec.switches)


def with_parts(spec: LabSpec, running: Sequence[Running]) -> LabSpec:
    """The spec with all switches that are on, and what they give the processes."""
    switches = on(spec, running)
    return replace(spec, switches=switches, parts=parts(spec, switches))


def require_program(switches: Mapping[str, str]) -> None:
    """Raises Refused where a switch needs the program of the collector and there is none on the PATH."""
    name, program = chosen.needs_program(switches), COLLECTOR.process.programs[0]
    if name and processes.hosted(COLLECTOR):
        raise Refused(
            f"--{name} needs the program {program}, which is not on the PATH: the viewer's own receiver cannot do it",
            advice="install it",
            hint=f"labctl up --target kind --{name} {quote(switches[name])}\nlabctl up --{name} off",
        )


def require_no_mesh(switches: Mapping[str, str]) -> None:
    """Raises Refused: a proxy is a container of a pod."""
    if MESH.name in switches:
        raise Refused(
            f"--{MESH.name} {switches[MESH.name]} needs a cluster: a mesh puts its proxies into pods",
            hint=f"labctl up --target kind --{MESH.name} {switches[MESH.name]}\nlabctl up --{MESH.name} off",
        )


def require_addons(switches: Mapping[str, str]) -> None:
    """Raises Refused where the program of an add-on is not on the PATH."""
    words = addons.names(switches[WITH]) if WITH in switches else []
    if cluster := [word for word in words if word in addons.OF_CLUSTERS]:
        less = addons.without(switches[WITH], cluster)
        raise Refused(
            f"--with {','.join(cluster)} needs a cluster: {addons.OF_CLUSTERS[cluster[0]]}",
            hint=f"labctl up --target kind --with {switches[WITH]}\nlabctl up --with {less}",
        )
    lacking = [one for one in of(switches) if one.addon and not processes.program(one.process)]
    if lacking:
        programs = " and ".join(program for one in lacking for program in one.process.programs)
        less = addons.without(switches[WITH], {one.addon for one in lacking})
        raise Refused(
            f"--with {','.join(dict.fromkeys(one.addon for one in lacking))} needs {programs} on the PATH",
            hint=f"labctl up --target kind --with {switches[WITH]}\nlabctl up --with {less}",
        )


def without_effect(switches: Mapping[str, str]) -> dict[str, str]:
    idle = {ALLOW_FROM.name: "plain processes have no NetworkPolicies", volumes.NAME: volumes.NOT_HERE}
    return {name: why for name, why in idle.items() if name in switches}


def explain(spec: LabSpec, running: Sequence[Running]) -> list[TextChange]:
    """Between the lab with the recorded switches and with those given anew."""
    wanted, kept = with_parts(spec, running), recorded(running)
    now = replace(wanted, switches=kept, parts=parts(spec, kept))
    components = [*of(wanted.switches), *(one for one in of(now.switches) if one not in of(wanted.switches))]
    changes = (change for component in components for change in _changes(now, wanted, component))
    return [change for change in changes if change.before != change.after]


def _changes(now: LabSpec, wanted: LabSpec, component: Component) -> Iterator[TextChange]:
    before, after = (_expected(spec, component) for spec in (now, wanted))
    for file in component.files:
        yield TextChange(file.key, *(_text(spec, component, file) for spec in (now, wanted)))
    yield TextChange(f"environment of the {component.name}", _environment(before), _environment(after))
    secrets = secrets_of({**before.env, **after.env})
    words = (_lines(redacted(word, secrets) for word in one.arguments) for one in (before, after))
    yield TextChange(f"arguments of the {component.name}", *words)


def _text(spec: LabSpec, component: Component, file: ConfigFile) -> str:
    there = component in of(spec.switches)
    return composing.without_comments(processes.configuration(spec, file), file.manifest) if there else ""


def _expected(spec: LabSpec, component: Component) -> Expected:
    return processes.expected(spec, component) if component in of(spec.switches) else Expected()


def _environment(expected: Expected) -> str:
    return _lines(f"{name}={text}" for name, text in sorted(without_secrets(expected.env).items()))


def _lines(words: Iterable[str]) -> str:
    return "".join(f"{word}\n" for word in words)
