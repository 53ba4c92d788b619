"""Refuses backends of --export at 127.0.0.1 and the like: in a pod that is the pod itself, not this machine."""

from typing import Any, Final

from labctl.errors import LabError, Refused
from labctl.model import LabSpec
from labctl.switches.destinations import at_host, loopbacks
from labctl.switches.export import EXPORT
from labctl.switches.switch import OFF
from labctl.targets.kind.engine.client import PROMPT_S, ask, find

NETWORK: Final = "kind"                 # that kind makes for its nodes
BEFORE_KIND: Final = "bridge"           # which the engine always has: its gateway is this machine too
OF_DESKTOP: Final = "host.docker.internal"


def require_other_machines(spec: LabSpec) -> None:
    """Raises Refused with the address that leads here. Only what is given anew is looked at."""
    export = spec.switches.get(EXPORT.name, OFF)
    here = [] if export == OFF else loopbacks(export)
    if not here:
        return
    host = _this_machine()
    raise Refused(
        f"--export {here[0]}: in a cluster that address is the collector's own pod, not this machine",
        detail=f"pods reach this machine as {host}, so the backend has to listen there, and not at 127.0.0.1 alone",
        hint=f"labctl up --export {at_host(export, host)}",
    )


def _this_machine() -> str:
    """As pods of kind reach it: of Docker Desktop by name, else the gateway of the nodes' network."""
    try:
        if "Docker Desktop" in ask(lambda api: api.info()["OperatingSystem"], PROMPT_S):
            return OF_DESKTOP
        network = find(lambda api: api.inspect_network(NETWORK), PROMPT_S) or ask(lambda api: api.inspect_network(BEFORE_KIND))
    except LabError:
        return OF_DESKTOP
    return next(filter(None, map(_gateway, network["IPAM"]["Config"] or ())), OF_DESKTOP)


def _gateway(part: dict[str, Any]) -> str:
    """Of IPv4, as kind's pods have by default."""
    found = str(part.get("Gateway", ""))
    return "" if ":" in found else found
