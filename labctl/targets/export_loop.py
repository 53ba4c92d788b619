"""Refuses a backend of --export that is the lab's own collector: it would send itself everything again and again."""

from collections.abc import Callable

from labctl.components import COLLECTOR
from labctl.errors import UsageError
from labctl.model import LabSpec
from labctl.switches.destinations import Destination, destinations, without
from labctl.switches.export import EXPORT
from labctl.switches.switch import OFF

RECEIVES = {port.name: port.own for port in COLLECTOR.ports if port.tls}


def require_none_here(spec: LabSpec) -> None:
    """Of a collector that is a process of this machine."""
    own = {spec.ports[name] for name in RECEIVES}
    _require_none(spec, lambda one: one.is_loopback and one.port in own)


def require_none_in_cluster(spec: LabSpec, namespace: str) -> None:
    name = COLLECTOR.cluster.deployment
    hosts = {name, *(f"{name}.{namespace}{end}" for end in ("", ".svc", ".svc.cluster.local"))}
    _require_none(spec, lambda one: one.host in hosts and one.port in RECEIVES.values())


def _require_none(spec: LabSpec, is_itself: Callable[[Destination], bool]) -> None:
    """Only what is given anew is looked at."""
    export = spec.switches.get(EXPORT.name, OFF)
    loop = next((one for one in destinations(export) if is_itself(one)), None) if export != OFF else None
    if loop:
        raise UsageError(
            f"--export {loop.address} is the lab's own collector, which would send itself everything again and again",
            hint=f"labctl up --export {without(export, loop.name) or OFF}",
        )
