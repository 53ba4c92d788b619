"""Where a lab can live. The one place that knows how many targets there are."""

from dataclasses import dataclass

from labctl.errors import LabError, Refused
from labctl.model import LabSpec, Target

NAMES = ("local", "kind")
PREFERRED = ("kind", "local")


@dataclass(frozen=True, slots=True)
class Manner:
    """How a cluster is treated: `adopt` one that labctl did not make, `keep_cluster` when the lab goes."""

    adopt: bool = False
    keep_cluster: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What was found of a lab: the target where it stands, if any."""

    targets: dict[str, Target]
    found: Target | None


def open_target(name: str, spec: LabSpec, manner: Manner) -> Target:
    if name == "kind":
        from labctl.targets.kind.target import KindTarget

        return KindTarget(spec, adopt=manner.adopt, keep_cluster=manner.keep_cluster)
    from labctl.targets.local.target import LocalTarget

    return LocalTarget(spec)


def look(spec: LabSpec, manner: Manner | None = None) -> Look:
    """Ask every target, up to the first where the lab stands. Raises Refused where it stood and cannot be asked now."""
    targets = {name: open_target(name, spec, manner or Manner()) for name in NAMES}
    return Look(targets, next((target for target in targets.values() if target.exists()), None))


def standing(spec: LabSpec) -> Target | None:
    """The target where this lab stands now."""
    return look(spec).found


def choose(wanted: str, spec: LabSpec, manner: Manner | None = None) -> tuple[Target, str]:
    """The target for `up` and why. Raises Refused when the lab stands on another one than was asked for."""
    seen = look(spec, manner)
    if seen.found and wanted in {"auto", seen.found.name}:
        return seen.found, "it stands there"
    if seen.found:
        raise Refused(
            f"the lab {spec.name} stands on the target {seen.found.name}, not on {wanted}",
            hint="labctl down, or give the second lab a name and ports of its own with --lab and --set",
        )
    if wanted != "auto":
        return seen.targets[wanted], "asked for"
    return _best(seen.targets)


def _best(targets: dict[str, Target]) -> tuple[Target, str]:
    lacking: list[str] = []
    for name in PREFERRED:
        lacks = targets[name].lacks()
        if not lacks:
            return targets[name], "; ".join(lacking) or "this machine has what it takes"
        lacking.append(f"{name} cannot be used: {lacks}")
    raise Refused("no target can be used on this machine", detail="; ".join(lacking), hint="labctl doctor")


def the_lab(spec: LabSpec) -> Target:
    """The target that a reading command works on. Raises LabError when no lab stands."""
    found = standing(spec)
    if found is None:
        raise LabError(f"no lab {spec.name} is up", hint=up_line(spec))
    return found


def up_line(spec: LabSpec) -> str:
    from labctl.config import BY_NAME

    return "labctl up" if spec.name == BY_NAME["LABCTL_LAB"].default else f"labctl up --lab {spec.name}"
