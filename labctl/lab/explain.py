"""What switches given now would change of the running lab, without doing it, and what is said of those that are on."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from labctl.config import Config
from labctl.errors import UsageError
from labctl.model import Target, TextChange
from labctl.switches import chosen
from labctl.switches.switch import OFF
from labctl.targets import choose_target


@dataclass(frozen=True, slots=True)
class Explanation:
    lab: str
    target: str
    before: Mapping[str, str] | None    # that are on now; None: no lab is up
    switches: Mapping[str, str]         # that would be on
    folders: Sequence[str]              # of the project, which have what is different as files
    changes: Sequence[TextChange]
    without_effect: Mapping[str, str] = field(default_factory=dict)         # of the switches, and why

    def as_json(self) -> dict[str, Any]:
        return {
            "lab": self.lab, "target": self.target, "before": None if self.before is None else dict(self.before),
            "switches": dict(self.switches), "folders": list(self.folders),
            "changes": [change.as_json() for change in self.changes], "without_effect": dict(self.without_effect),
        }


def explain(config: Config) -> Explanation:
    """Raises what `up` would raise before it changes anything."""
    spec = config.spec()
    target = choose_target(config["LABCTL_TARGET"], spec).target
    for _ in target.check():
        pass
    kept = target.switches() if target.exists() else None
    on = chosen.merged(kept or {}, spec.switches)
    folders = [f"manifests/{one}" for one in _folders(kept or {}, on)]
    return Explanation(spec.name, target.name, kept, on, folders, target.explain(), target.without_effect(on))


def _folders(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Of the switches whose values differ."""
    pairs = ((before, after), (after, before))
    differ = [{name: text for name, text in one.items() if other.get(name) != text} for one, other in pairs]
    return list(dict.fromkeys(folder for one in differ for folder in chosen.folders(one)))


def switch_notes(config: Config, target: Target, on: Mapping[str, str]) -> dict[str, str]:
    """By the switch's name. Of one without a note: it is on until `labctl up --NAME off`."""
    idle = target.without_effect(on)
    found: dict[str, list[str]] = {name: [f"which has no effect: {why}"] for name, why in idle.items() if name in on}
    for name, text in _by_variables(config, on):
        found.setdefault(name, []).append(text)
    return {name: ", ".join(texts) for name, texts in found.items()}


def _by_variables(config: Config, on: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, variable in config.variables.items():
        if _is_so(name, variable.text, on):
            if name in on:
                yield name, f"until {variable.setting.name} in {variable.source} says off"
        else:
            yield name, f"until the next up: {variable.setting.name} in {variable.source} says {variable.text}"


def _is_so(name: str, text: str, on: Mapping[str, str]) -> bool:
    """Whether it is on, or off, as the variable says; what was recorded may be a fuller form of it."""
    with suppress(UsageError):
        return chosen.merged(on, {name: text}).get(name, OFF) == on.get(name, OFF)
    return True
