"""The list of the faults: what each teaches, and on which targets it can be made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labctl.faults.catalogue import FAULTS
from labctl.faults.fault import Fault
from labctl.targets import NAMES, possible_changes


@dataclass(frozen=True, slots=True)
class ListedFault:
    name: str
    row: str
    teaches: str
    targets: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "row": self.row, "teaches": self.teaches, "targets": list(self.targets)}


def listed() -> list[ListedFault]:
    return [ListedFault(fault.name, fault.row, fault.teaches, targets_of(fault)) for fault in FAULTS]


def targets_of(fault: Fault) -> list[str]:
    return [name for name in NAMES if any(all(isinstance(one, possible_changes(name)) for one in way) for way in fault.ways)]
