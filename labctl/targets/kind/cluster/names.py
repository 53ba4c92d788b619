"""The names of a lab's kind cluster, and the mounts of its node that mark it as the lab's.

The default lab has the tutorial's names; any other lab gets a cluster and a namespace of its own name, so two can run at once.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labctl import components
from labctl.model import LabSpec
from labctl.targets.kubernetes.names import LabNames

LAB_MOUNT: Final = "/labctl.dev/lab/"   # a mount point in the node from its creation on
NAMESPACE_MOUNT: Final = "/labctl.dev/namespace/"        # another one, with the lab's namespace
NODE_SUFFIX: Final = "-control-plane"   # what kind appends to a cluster's name for its one node
TUTORIAL: Final = "ai-ml-lab-2-2"
NODE_PORTS: Final = {port.name: port.node_port for _, port in components.ports() if port.node_port}


@dataclass(frozen=True, slots=True)
class ClusterNames(LabNames):
    cluster: str
    state: Path

    @property
    def node(self) -> str:
        """Kind's name for the container of a cluster's one node."""
        return self.cluster + NODE_SUFFIX

    @property
    def lab_mount(self) -> str:
        return LAB_MOUNT + self.lab

    @property
    def namespace_mount(self) -> str:
        return NAMESPACE_MOUNT + self.namespace


def default_names(spec: LabSpec) -> ClusterNames:
    """The lab's name is its namespace's, and the cluster's too unless it is the tutorial's lab."""
    cluster = "mcp-cluster" if spec.name == TUTORIAL else spec.name
    return ClusterNames(spec.name, spec.namespace or spec.name, spec.cluster or cluster, spec.state)
