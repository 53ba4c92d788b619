"""The add-on that a lesson needs: whether the lab has it, what brings it, and which program that lacks."""

from shlex import quote

from labctl.components import ADDONS, WITH
from labctl.config import Config
from labctl.errors import Refused
from labctl.model import Target
from labctl.switches import addons
from labctl.switches.switch import OFF
from labctl.targets import up_command
from labctl.targets.local import processes
from labctl.targets.local.target import LocalTarget


def require(addon: str, config: Config, target: Target) -> None:
    """Raises Refused where the lab does not have it; "" is none."""
    there = target.switches().get(WITH, OFF)
    has = [] if there == OFF else addons.names(there)
    if not addon or addon in has:
        return
    spec, words = config.spec(), quote(addon if there == OFF else f"{there},{addon}")
    local = target.name == LocalTarget.name
    if local and addon in addons.OF_CLUSTERS:
        raise Refused(f"this lesson needs the add-on {addon} in a cluster: {addons.OF_CLUSTERS[addon]}",
                      hint=f"labctl down && labctl up --target kind --{WITH} {words}")
    own = [one.process for one in ADDONS if one.addon == addon]
    lacking = [name for process in own if not processes.program(process) for name in process.programs]
    raise Refused(
        f"this lesson needs the add-on {addon}, which the lab {spec.name} does not have",
        detail=f"its program {', '.join(lacking)} is not on the PATH: install it, or take it from its image with --target kind"
        if local and lacking else "",
        hint=f"{up_command(spec)} --{WITH} {words}",
    )
