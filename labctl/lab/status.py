"""A lab's status: the state of each component and of the whole, its addresses, and commands that fix it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from labctl.config import Config
from labctl.errors import LabError
from labctl.host.background_task import BackgroundTask
from labctl.lab.explain import switch_notes
from labctl.model import Health, LabSpec, PolicyState, State
from labctl.targets import reachable_target, require_target, secured, up_command
from labctl.viewer_client.client import ViewerClient


class LabState(StrEnum):
    READY = "ready"                     # every component is
    STARTING = "starting"               # nothing is wrong, something is not ready yet
    DEGRADED = "degraded"


@dataclass(frozen=True, slots=True)
class LabStatus:
    lab: str
    target: str
    components: Sequence[Health]
    endpoints: Mapping[str, str]
    project: str
    project_origin: str
    hints: Sequence[str] = ()           # what to type where it is not ready
    overrides: Mapping[str, str] = field(default_factory=dict)     # of the manifests
    switches: Mapping[str, str] = field(default_factory=dict)
    notices: Sequence[str] = ()         # what is not wrong yet, such as a certificate about to expire, each with what to type
    network_policies: PolicyState | None = None         # None: the target has none
    fetched: Mapping[str, str] = field(default_factory=dict)       # where others fetch telemetry, by destination of --export
    notes: Mapping[str, str] = field(default_factory=dict)         # of switches

    @property
    def state(self) -> LabState:
        states = {component.state for component in self.components}
        if states <= {State.READY}:
            return LabState.READY
        return LabState.STARTING if states <= {State.READY, State.STARTING} else LabState.DEGRADED

    def as_json(self) -> dict[str, Any]:
        return {
            "lab": self.lab, "target": self.target, "state": self.state,
            "components": [component.as_json() for component in self.components], "endpoints": dict(self.endpoints),
            "project": self.project, "project_origin": self.project_origin, "hints": list(self.hints),
            "overrides": dict(self.overrides), "switches": dict(self.switches), "notices": list(self.notices),
            "network_policies": self.network_policies, "fetched": dict(self.fetched),
        }


def status(config: Config) -> LabStatus:
    """Raises LabError when no lab is up."""
    spec = config.spec()
    target = require_target(spec)
    policies = BackgroundTask(target.network_policies)
    endpoints = target.endpoints()
    health = [_with_its_store(one, endpoints.viewer) for one in target.health()]
    broken = [component for component in health if component.state not in {State.READY, State.STARTING}]
    hints = dict.fromkeys(component.hint or up_command(spec) for component in broken)
    project = config.project
    switches = target.switches()
    return LabStatus(
        spec.name, target.name, health, endpoints.as_json(), str(project.root), project.origin, tuple(hints),
        target.overrides(), switches, [f"{one}: labctl certs rotate" for one in secured.due(spec, switches)],
        policies.result(), target.fetched(), switch_notes(config, target, switches),
    )


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a running lab keeps until it is taken back."""

    overrides: Mapping[str, str] = field(default_factory=dict)
    switches: Mapping[str, str] = field(default_factory=dict)
    without_effect: Mapping[str, str] = field(default_factory=dict)         # of the switches, with those of the spec, and why


def recorded(spec: LabSpec) -> Recorded:
    """Of the running lab; nothing where no lab runs or it cannot be asked."""
    try:
        target = reachable_target(spec)
        if target is None:
            return Recorded()
        switches = target.switches()
        return Recorded(target.overrides(), switches, target.without_effect({**switches, **spec.switches}))
    except LabError:
        return Recorded()


def _with_its_store(component: Health, viewer: str) -> Health:
    """A viewer that answers, and cannot store what it is sent, is not ready."""
    if component.name != "viewer" or component.state is not State.READY:
        return component
    try:
        trouble = ViewerClient(viewer).store_cannot_write()
    except LabError:
        return component
    if not trouble:
        return component
    hint = "labctl why viewer"          # which knows whether the disk is full, or a lock is held, or a new viewer could write
    return replace(component, state=State.DEGRADED, detail=f"it cannot store what it is sent: {trouble}", hint=hint)
