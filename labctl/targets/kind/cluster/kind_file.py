"""The project's kind file as `kind create cluster --config` gets it: with this lab's name, its ports and its mounts.

The project's own file is a plain cluster. What publishes the lab's ports and makes the node start fast is added to it from
manifests/kind/cluster.yaml, its first node's extraPortMappings and its kubeadmConfigPatches; where both say something, the
project's own file decides.
"""

from pathlib import Path
from typing import Any, Final

from labctl.host import documents
from labctl.host.documents import Node
from labctl.model import LabSpec
from labctl.targets.kind.cluster.names import NODE_PORTS, ClusterNames

KIND_FILE: Final = "kind-mcp-cluster.yaml"
ADDITIONS: Final = "manifests/kind/cluster.yaml"
DNS_PHASE: Final = "addon/coredns"      # of kubeadm; the additions skip it, it is made up for once the lab is up


def configuration(spec: LabSpec, names: ClusterNames) -> dict[str, Any]:
    own, added = _read(spec.project / KIND_FILE), _read(spec.project / ADDITIONS)
    patches = (patch for source in (added, own) for patch in source.field("kubeadmConfigPatches").items())
    first, *others = own.field("nodes").items()
    shared_folder(names).mkdir(parents=True, exist_ok=True, mode=0o700)
    mounts = [
        {"hostPath": str(shared_folder(names)), "containerPath": mount, "readOnly": True}
        for mount in (names.lab_mount, names.namespace_mount)
    ]
    node = first.value | {
        "extraPortMappings": _port_mappings(spec, added.field("nodes").items()[0], first),
        "extraMounts": [mount.value for mount in first.field("extraMounts").items()] + mounts,
    }
    return dict(own.value) | {
        "name": names.cluster,
        "nodes": [node, *(other.value for other in others)],
        # kind applies them in turn, so the later one decides
        "kubeadmConfigPatches": [patch.text() for patch in patches],
    }


def _port_mappings(spec: LabSpec, *sources: Node) -> list[dict[str, Any]]:
    """One for each port of the node, from the later source where both have it, on the lab's own ports of this machine."""
    inside = {mapping.field("containerPort").integer(): mapping.value for node in sources
              for mapping in node.field("extraPortMappings").items()}
    outside = {inner: {"hostPort": spec.ports[endpoint]} for endpoint, inner in NODE_PORTS.items()}
    return [mapping | outside.get(port, {}) for port, mapping in inside.items()]


def node_image(spec: LabSpec) -> str:
    return _read(spec.project / KIND_FILE).field("nodes").items()[0].field("image").text("")


def shared_folder(names: ClusterNames) -> Path:
    """The folder that a new node sees as its mounts."""
    return names.state / "node"


def _read(file: Path) -> Node:
    """The cluster that a file holds. Raises Refused where it holds none, or one without a node."""
    found = documents.read_yaml(file)
    cluster = found[0] if found else Node(None, str(file))
    nodes = cluster.field("nodes")
    if not nodes.items():
        raise nodes.wrong("a list with one node")
    nodes.items()[0].fields()
    return cluster
