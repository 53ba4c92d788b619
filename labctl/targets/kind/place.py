"""Where in the world of clusters a lab lives, and the marks by which it is found again.

The default lab has the tutorial's names; another lab gets a cluster and a namespace of its own name: two can stand side by side.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labctl.model import LabSpec

LAB: Final = "labctl.dev/lab"           # a label, on everything that is created
APPLIED: Final = "labctl.dev/applied"   # an annotation: the hash of what was asked for last
CONFIG: Final = "labctl.dev/config"     # an annotation of pods: the hash of the ConfigMaps that they mount
MARK: Final = "/labctl.dev/lab/"        # a mount point in the node, there from the node's first moment
INSIDE: Final = "/labctl.dev/namespace/"         # another, which says where in the cluster the lab is
NODE: Final = "-control-plane"          # what kind appends to a cluster's name for its one node
TUTORIAL: Final = "ai-ml-lab-2-2"
DEPLOYMENTS: Final = {"service": "ai-lab-2-2-paid", "collector": "otel-collector", "viewer": "ai-lab-2-2-viewer"}
NODE_PORTS: Final = {"service": 30090, "viewer": 30093, "otlp_grpc": 30317, "otlp_http": 30318}


@dataclass(frozen=True, slots=True)
class Place:
    lab: str
    cluster: str
    namespace: str
    state: Path

    @property
    def node(self) -> str:
        """Kind's name for the container of a cluster's one node."""
        return self.cluster + NODE

    @property
    def mark(self) -> str:
        return MARK + self.lab

    @property
    def inside(self) -> str:
        return INSIDE + self.namespace


def place_of(spec: LabSpec) -> Place:
    """Where the lab is when nobody says otherwise: its name is its namespace's, and the cluster's too unless it is the first."""
    default = "mcp-cluster" if spec.name == TUTORIAL else spec.name
    return Place(spec.name, spec.cluster or default, spec.namespace or spec.name, spec.state)


def digest(*parts: bytes) -> str:
    """16 hex digits."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()[:16]
