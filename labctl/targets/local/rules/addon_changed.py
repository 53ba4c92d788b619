"""The configuration files of an add-on are not as the project and the switches give them."""

from collections.abc import Iterator
from typing import Final

from labctl.components import BY_NAME, belonging
from labctl.findings import ADDON_EFFECTS, Certainty, Evidence, Finding, Kind
from labctl.model import ObservedComponent
from labctl.targets.local.lab_processes import LabProcesses

LOOKS_AT: Final = "whether the add-ons' configuration files are as labctl up writes them"
_MOST: Final = 4                        # lines


def find(lab: LabProcesses) -> Iterator[Finding]:
    for component in lab.components.values():
        if BY_NAME[component.name].addon and (lines := list(_changed(component))):
            yield Finding(
                "changed-by-hand", Kind.NOTICE, component.name,
                f"{belonging(component.name)} configuration is not what labctl up gives it: {lines[0]}",
                tuple(Evidence("its files", line) for line in lines[:_MOST]), "labctl up",
                leads_to=ADDON_EFFECTS[component.name], suspect=True, certainty=Certainty.LIKELY, final=False,
            )


def _changed(component: ObservedComponent) -> Iterator[str]:
    """The lines that it should not have, else those that it lacks."""
    have, want = component.config.splitlines(), component.expected.config.splitlines() if component.expected else []
    if component.expected is None or have == want:
        return
    more, less = [line.strip() for line in have if line not in want], [line.strip() for line in want if line not in have]
    yield from more or [f"without {line}" for line in less] or ["its lines are in another order"]
