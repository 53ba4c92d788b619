"""The targets on which a lab can run. This is the only place that lists them."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from labctl.changes import LabChange
from labctl.errors import LabError, Refused
from labctl.model import LabSpec, PortHolder, Repair, Requirement, Target

NAMES = ("local", "kind")
PREFERRED = ("kind", "local")


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """`adopt`: use a cluster that labctl did not create. `keep_cluster`: `down` does not delete it."""

    adopt: bool = False
    keep_cluster: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """The result of a search for a lab: the targets that were searched, and the one on which it runs, if any."""

    targets: dict[str, Target]
    found: Target | None


@dataclass(frozen=True, slots=True)
class Choice:
    """The target for an `up`, why it was chosen, and why the targets preferred to it cannot be used."""

    target: Target
    reason: str
    skipped: tuple[str, ...] = ()


def open_target(name: str, spec: LabSpec, options: ClusterOptions) -> Target:
    if name == "kind":
        from labctl.targets.kind.target import KindTarget

        return KindTarget(spec, adopt=options.adopt, keep_cluster=options.keep_cluster)
    from labctl.targets.local.target import LocalTarget

    return LocalTarget(spec)


def possible_changes(name: str) -> tuple[type[LabChange], ...]:
    """The kinds of change that a target can make of a lab."""
    if name == "kind":
        from labctl.targets.kubernetes.workload import changes

        return changes.POSSIBLE
    from labctl.targets.local import changes as local_changes

    return local_changes.POSSIBLE


def search(spec: LabSpec, options: ClusterOptions | None = None) -> Search:
    """Search every target, up to the first where the lab runs. Raises Refused where it ran and cannot be queried now."""
    targets: dict[str, Target] = {}
    for name in NAMES:                  # a target is imported only when the lab is not on those before it
        targets[name] = open_target(name, spec, options or ClusterOptions())
        if targets[name].exists():
            return Search(targets, targets[name])
    return Search(targets, None)


def running_target(spec: LabSpec) -> Target | None:
    """The target where this lab runs now. Raises Refused where it ran and cannot be queried now."""
    return search(spec).found


def reachable_target(spec: LabSpec) -> Target | None:
    """The target where this lab runs now; None also where that is unknown, for callers that do not need a lab."""
    try:
        return running_target(spec)
    except Refused:
        return None


def choose_target(wanted: str, spec: LabSpec, options: ClusterOptions | None = None) -> Choice:
    """The target for `up`. Raises Refused when the lab runs on another one than requested."""
    if wanted != "auto":
        return _asked_for(wanted, spec, options or ClusterOptions())
    result = search(spec, options)
    return Choice(result.found, "it runs there") if result.found else _best(result.targets)


def _asked_for(wanted: str, spec: LabSpec, options: ClusterOptions) -> Choice:
    """The target requested by name; requirements of other targets do not matter."""
    target = open_target(wanted, spec, options)
    if target.exists():
        return Choice(target, "it runs there")
    for other in (open_target(name, spec, options) for name in NAMES if name != wanted):
        with contextlib.suppress(Refused):
            if other.exists():
                break
    else:
        return Choice(target, "asked for")
    raise Refused(
        f"the lab {spec.name} runs on the target {other.name}, not on {wanted}",
        hint="labctl down", advice="give the second lab a name and ports of its own with --lab and --set",
    )


def _best(targets: dict[str, Target]) -> Choice:
    skipped: list[str] = []
    for name in PREFERRED:
        lacks = targets[name].lacks()
        if not lacks:
            return Choice(targets[name], "; ".join(skipped) or "this machine has what it needs", tuple(skipped))
        skipped.append(f"{name} cannot be used: {lacks}")
    raise Refused("no target can be used on this machine", detail="; ".join(skipped), hint="labctl doctor")


def requirements(spec: LabSpec) -> Iterator[tuple[str, Requirement]]:
    """What each target needs of this machine, with the target's name."""
    for name in NAMES:
        yield from ((name, need) for need in open_target(name, spec, ClusterOptions()).requirements())


def repairs(spec: LabSpec) -> Iterator[Repair]:
    """What every target has put right, or left alone."""
    for name in NAMES:
        yield from open_target(name, spec, ClusterOptions()).repairs()


def port_holder(port: int) -> PortHolder | None:
    """Who has the port, where that is a container: the process that listens is only named `docker-proxy`."""
    from labctl.targets.kind.port_holder import container_holder

    return container_holder(port)


def settings_refusal(spec: LabSpec) -> str:
    """What the service says against its settings; empty when it can use them."""
    from labctl.targets.local.settings.service_settings import refusal

    return refusal(spec)


def require_target(spec: LabSpec) -> Target:
    """The target that a reading command works on. Raises LabError when no lab runs."""
    found = running_target(spec)
    if found is None:
        raise LabError(f"no lab {spec.name} is up", hint=up_command(spec))
    return found


def up_command(spec: LabSpec) -> str:
    from labctl.config import BY_NAME

    return "labctl up" if spec.name == BY_NAME["LABCTL_LAB"].default else f"labctl up --lab {spec.name}"
