"""A fault as a row: what it is called, where it belongs in the tutorial, what it teaches, and the changes that make it."""

from dataclasses import dataclass
from enum import StrEnum

from labctl.changes import (
    CommandChange,
    ConfigurationChange,
    EnvironmentChange,
    LabChange,
    NotRunning,
    ObjectMissing,
    ObjectPatch,
    Suspended,
)
from labctl.components import COMPONENTS
from labctl.model import Target


class FaultRow(StrEnum):
    """Of the tutorial's troubleshooting chapter."""

    START = "a component does not start"
    RECEIVE = "the collector receives nothing"
    TRACES = "traces do not appear"
    LATENCY = "requests are slow"
    ERRORS = "requests fail"
    CRASH = "the collector crashes"
    MACHINE = "the machine"


Way = tuple[LabChange, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    row: FaultRow
    teaches: str                        # without giving away what is wrong
    ways: tuple[Way, ...]               # a target takes the first that it can do

    def way(self, target: Target) -> Way | None:
        return next((way for way in self.ways if not any(target.cannot(change) for change in way)), None)


def fault(name: str, row: FaultRow, teaches: str, *changes: LabChange, otherwise: Way = ()) -> Fault:
    return Fault(name, row, teaches, (changes, otherwise) if otherwise else (changes,))


def hides(fault: Fault, other: Fault, target: Target) -> bool:
    """Whether one of them keeps the other from being seen."""
    pairs = ((a, b) for a in _touched(fault, target) for b in _touched(other, target))
    return any(a == b or a.startswith(f"{b}/") or b.startswith(f"{a}/") for a, b in pairs)


def _touched(fault: Fault, target: Target) -> set[str]:
    """Components, a component's variables, or other things by name."""
    found = {what for change in fault.way(target) or () for what in _touched_by(change)}
    whole = fault.row in {FaultRow.START, FaultRow.CRASH}         # nothing else of a component is seen that does not run
    return {what.partition("/")[0] for what in found} if whole else found


def _touched_by(change: LabChange) -> set[str]:
    match change:
        case EnvironmentChange(component, values):
            return {f"{component}/{name}" for name in values}
        case ConfigurationChange(component) | CommandChange(component) | NotRunning(component) | Suspended(component):
            return {component}
        case ObjectPatch("Deployment", name):
            return {component.name for component in COMPONENTS if component.cluster.deployment == name}
        case ObjectPatch(kind, name) | ObjectMissing(kind, name):
            return {f"{kind} {name}"}
    return {str(change)}
