"""The names by which a lab's objects are found in any cluster: its namespace, its labels, its Deployments."""

import hashlib
from dataclasses import dataclass
from typing import Final

from labctl.components import ALL

LAB: Final = "labctl.dev/lab"           # a label, on everything that is created
APPLIED: Final = "labctl.dev/applied"   # an annotation: the hash of the object as last applied
CHANGED: Final = "labctl.dev/changed"   # an annotation of the namespace: objects were changed from what the project says
SET: Final = "labctl.dev/set"           # another one: the overrides of the manifests as a JSON object
SWITCHES: Final = "labctl.dev/switches"        # another one: the switches that are on, as a JSON object
GIVEN: Final = "labctl.dev/given"       # an annotation of the service's Deployment: the settings that a user gave
CONFIG: Final = "labctl.dev/config"     # an annotation of pods: the hash of the ConfigMaps that they mount
READ_AT_START: Final = "labctl.dev/read-at-start"      # an annotation of a Secret: who mounts it starts anew to read it again
DEPLOYMENTS: Final = {component.name: component.cluster.deployment for component in ALL}


@dataclass(frozen=True, slots=True)
class LabNames:
    lab: str
    namespace: str

    @property
    def selector(self) -> str:
        """A label selector of everything that labctl has created for the lab."""
        return f"{LAB}={self.lab}"


def digest(*parts: bytes) -> str:
    """16 hex digits."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()[:16]
