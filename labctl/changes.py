"""Changes of a running lab that are not what its project says: what a fault does to it, in words that every target knows.

A target makes those of `LabSpec.changes` when it deploys, and takes them back when it deploys without them. Subtle: not every
target can make each: a process has no replicas, and a pod's program is not stopped from outside.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

Value = str | Callable[[str], str]
"""A new text, or what makes it from the present one."""


@dataclass(frozen=True, slots=True)
class PatchOperation:
    """Of a JSON patch (RFC 6902): add, replace or remove at a pointer (RFC 6901)."""

    kind: str
    pointer: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class EnvironmentChange:
    """Other environment variables."""

    component: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class ConfigurationChange:
    """Another configuration file."""

    component: str
    operations: tuple[PatchOperation, ...]


@dataclass(frozen=True, slots=True)
class CommandChange:
    """Of a process: another command line."""

    component: str
    edit: Callable[[tuple[str, ...]], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class NotRunning:
    """It was killed, or scaled to zero."""

    component: str


@dataclass(frozen=True, slots=True)
class Suspended:
    """Of a process: it was stopped by a signal, and keeps its ports."""

    component: str


@dataclass(frozen=True, slots=True)
class ProgramBeside:
    """A program that runs beside the lab; its words have the placeholders of the component table."""

    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ObjectPatch:
    """Of an object in a cluster; `name` is its own, as in the manifests."""

    kind: str
    name: str
    operations: tuple[PatchOperation, ...]


@dataclass(frozen=True, slots=True)
class ObjectAdded:
    """A further object in the lab's namespace."""

    manifest: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ObjectMissing:
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class NodeCordoned:
    """No pod is scheduled to the cluster's nodes."""


LabChange = (
    EnvironmentChange | ConfigurationChange | CommandChange | NotRunning | Suspended | ProgramBeside
    | ObjectPatch | ObjectAdded | ObjectMissing | NodeCordoned
)
C = TypeVar("C", bound=LabChange)


def of_kind(kind: type[C], changes: Iterable[LabChange]) -> list[C]:
    return [change for change in changes if isinstance(change, kind)]


def components(kind: type[NotRunning] | type[Suspended], changes: Iterable[LabChange]) -> set[str]:
    """The components that are changed in this way."""
    return {change.component for change in changes if isinstance(change, kind)}


def changed_environment(env: Mapping[str, str], component: str, changes: Iterable[LabChange]) -> dict[str, str]:
    found = dict(env)
    for change in of_kind(EnvironmentChange, changes):
        if change.component == component:
            found |= {name: new_value(value, found.get(name, "")) for name, value in change.values.items()}
    return found


def new_value(value: Value, present: str) -> str:
    return value if isinstance(value, str) else value(present)
