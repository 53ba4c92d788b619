"""Overrides: what `labctl up --set service.limits.cpu=1` changes of the manifests, until `labctl up --unset service.limits.cpu`.

Names are `COMPONENT.limits.cpu`, `COMPONENT.requests.memory`, `COMPONENT.replicas` and the like. Subtle: of a limit and its
request, the one that has no override moves with the other where it would contradict it; two overrides that contradict each
other are refused. So the line that raises or lowers a limit is always one line.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from labctl import components
from labctl.errors import UsageError, again
from labctl.quantity import quantity

ALL: Final = "all"
EXAMPLES: Final = "service.limits.cpu, collector.requests.memory, service.replicas and the like"
MOST_REPLICAS: Final = 10
LEAST_CORES: Final = 0.001              # Kubernetes' own precision
LEAST_BYTES: Final = 8 << 20            # no container starts with less; 512 instead of 512Mi is a typical slip


@dataclass(frozen=True, slots=True)
class Override:
    """What can be overridden: `name` is its whole name."""

    name: str
    meaning: str
    allowed: Callable[[str], object]    # raises ValueError with what is allowed


def _cpu(text: str) -> float:
    cores = quantity(text)
    if cores is None or cores < LEAST_CORES:
        raise ValueError("cores, such as 500m or 1.5")
    return cores


def _memory(text: str) -> float:
    size = quantity(text)
    if size is None or size < LEAST_BYTES:
        raise ValueError("at least 8Mi, such as 512Mi or 1Gi")
    return size


def _replicas(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_REPLICAS):
        raise ValueError(f"a whole number from 1 to {MOST_REPLICAS}")
    return int(text)


def _table() -> Iterator[Override]:
    for component in components.ALL:
        for kind in ("limits", "requests"):
            noun = kind.removesuffix("s")
            yield Override(f"{component.name}.{kind}.cpu", f"CPU {noun} of the {component.name}, in cores", _cpu)
            yield Override(f"{component.name}.{kind}.memory", f"memory {noun} of the {component.name}", _memory)
        if not component.cluster.single:
            yield Override(f"{component.name}.replicas", f"how many pods of the {component.name} run", _replicas)


BY_NAME: Final = {override.name: override for override in _table()}


def is_one(name: str) -> bool:
    """Whether it is meant as an override: no setting has a dot in its name."""
    return "." in name


def checked(given: Mapping[str, str]) -> dict[str, str]:
    """What a command gives anew; an empty text takes an override back. Raises UsageError that says what is allowed."""
    found = {name: text.strip() for name, text in given.items()}
    for name, text in found.items():
        if name not in BY_NAME:
            raise _unknown(name)
        try:
            if text:
                BY_NAME[name].allowed(text)
        except ValueError as error:
            raise UsageError(f"{name}={text}: expected {error}") from None
    _require_consistent(found)
    return found


def merged(recorded: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """The recorded ones with what is given anew, in a fixed order. Raises UsageError where they contradict each other."""
    together = {**recorded, **given}
    found = {name: together[name] for name in BY_NAME if together.get(name)}
    _require_consistent(found)
    return found


def meaning(name: str) -> str:
    return BY_NAME[name].meaning


def taken_back(names: list[str]) -> dict[str, str]:
    """What `--unset NAME…` gives. Raises UsageError for a name that is none."""
    for name in names:
        if name != ALL and name not in BY_NAME:
            raise _unknown(name)
    return dict.fromkeys(BY_NAME if ALL in names else names, "")


def _require_consistent(overrides: Mapping[str, str]) -> None:
    for name, text in overrides.items():
        component, _, rest = name.partition(".requests.")
        limit = overrides.get(f"{component}.limits.{rest}") if rest else None
        if text and limit and (quantity(text) or 0) > (quantity(limit) or 0):
            raise UsageError(
                f"{name}={text} is more than {component}.limits.{rest}={limit}: a request cannot exceed its limit",
                hint=f"labctl up --set {component}.limits.{rest}={text}\nlabctl up --unset {name}",
            )


def _unknown(name: str) -> UsageError:
    from difflib import get_close_matches

    component, _, rest = name.partition(".")
    if component in components.BY_NAME and rest == "replicas":
        return UsageError(f"the {component} cannot have replicas: {components.BY_NAME[component].cluster.single}")
    near = next(iter(get_close_matches(name, BY_NAME, 1)), "")
    message = f"there is no {name} in the manifests that can be set"
    if near:
        return UsageError(f"{message}; {near} is close to it", hint=again(name, near))
    return UsageError(message, advice=f"there are {EXAMPLES}")
