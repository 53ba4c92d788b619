"""Refuses a backend of --export that is the lab's own collector or viewer: it would get again what it has.

The collector would even send itself everything again and again.
"""

from collections.abc import Mapping
from typing import Final

from labctl.components import COLLECTOR, VIEWER, Component
from labctl.errors import UsageError
from labctl.model import LabSpec
from labctl.switches.destinations import Destination, destinations, without
from labctl.switches.export import EXPORT
from labctl.switches.switch import OFF

_OWN: Final = (COLLECTOR, VIEWER)
_CONSEQUENCE: Final = {
    COLLECTOR.name: "which would send itself everything again and again", VIEWER.name: "which gets everything already",
}


def require_none_here(spec: LabSpec) -> None:
    """Of components that are processes of this machine."""
    for component in _OWN:
        own = {spec.ports[name] for name in _receives(component)}
        _refuse(spec, component, [one for one in _given(spec) if one.is_loopback and one.port in own])


def require_none_in_cluster(spec: LabSpec, namespace: str) -> None:
    for component in _OWN:
        name, own = component.cluster.deployment, set(_receives(component).values())
        hosts = {name, *(f"{name}.{namespace}{end}" for end in ("", ".svc", ".svc.cluster.local"))}
        _refuse(spec, component, [one for one in _given(spec) if one.host in hosts and one.port in own])


def _receives(component: Component) -> Mapping[str, int]:
    """The ports that telemetry is sent to."""
    return {port.name: port.own for port in component.ports if port.tls}


def _given(spec: LabSpec) -> list[Destination]:
    """Only what is given anew is looked at."""
    export = spec.switches.get(EXPORT.name, OFF)
    return list(destinations(export)) if export != OFF else []


def _refuse(spec: LabSpec, component: Component, loops: list[Destination]) -> None:
    if loops:
        loop = loops[0]
        raise UsageError(
            f"--export {loop.address} is the lab's own {component.name}, {_CONSEQUENCE[component.name]}",
            hint=f"labctl up --export {without(spec.switches[EXPORT.name], loop.name) or OFF}",
        )
