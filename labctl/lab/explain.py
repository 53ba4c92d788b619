"""What the switches given now would change of the running lab, or of one that is not up yet, without doing it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labctl.config import Config
from labctl.model import TextChange
from labctl.switches import chosen
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
