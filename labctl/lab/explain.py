"""What the switches of a lab change, without doing it: of the running lab's target, or of the one that `up` would choose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labctl.config import Config
from labctl.model import TextChange
from labctl.switches import chosen
from labctl.targets import choose_target


@dataclass(frozen=True, slots=True)
class Explanation:
    lab: str
    target: str
    switches: Mapping[str, str]         # that would be on
    folders: Sequence[str]              # of the project, which have these changes as files
    changes: Sequence[TextChange]

    def as_json(self) -> dict[str, Any]:
        return {
            "lab": self.lab, "target": self.target, "switches": dict(self.switches), "folders": list(self.folders),
            "changes": [change.as_json() for change in self.changes],
        }


def explain(config: Config) -> Explanation:
    """Raises Refused where no target can be used, or a file of a switch is missing or wrong."""
    spec = config.spec()
    target = choose_target(config["LABCTL_TARGET"], spec).target
    kept = target.switches() if target.exists() else {}
    on = chosen.merged(kept, spec.switches)
    return Explanation(spec.name, target.name, on, [f"manifests/{one}" for one in chosen.folders(on)], target.explain())
