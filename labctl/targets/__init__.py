"""Where a lab can live. The one place that knows how many targets there are."""

from labctl.errors import LabError, Refused
from labctl.model import LabSpec, Target

NAMES = ("local",)


def open_target(name: str, spec: LabSpec) -> Target:
    match name:
        case "local":
            from labctl.targets.local.target import LocalTarget

            return LocalTarget(spec)
        case _:
            raise Refused(
                f"the target {name} is not built yet: this version of labctl runs the lab as plain processes",
                hint="labctl up --target local",
            )


def standing(spec: LabSpec) -> Target | None:
    """The target where this lab stands now."""
    for name in NAMES:
        target = open_target(name, spec)
        if target.exists():
            return target
    return None


def choose(wanted: str, spec: LabSpec) -> tuple[Target, str]:
    """The target for `up` and why. Raises Refused when the lab stands on another one than was asked for."""
    found = standing(spec)
    if found and wanted in {"auto", found.name}:
        return found, "it stands there"
    if found:
        raise Refused(
            f"the lab {spec.name} stands on the target {found.name}, not on {wanted}",
            hint="labctl down, or give the second lab a name and ports of its own with --lab and --set",
        )
    if wanted != "auto":
        return open_target(wanted, spec), "asked for"
    return open_target("local", spec), "the only target of this version"


def the_lab(spec: LabSpec) -> Target:
    """The target that a reading command works on. Raises LabError when no lab stands."""
    found = standing(spec)
    if found is None:
        raise LabError(f"no lab {spec.name} is up", hint=up_line(spec))
    return found


def up_line(spec: LabSpec) -> str:
    from labctl.config import BY_NAME

    return "labctl up" if spec.name == BY_NAME["LABCTL_LAB"].default else f"labctl up --lab {spec.name}"
