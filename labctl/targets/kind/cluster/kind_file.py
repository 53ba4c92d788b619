"""The project's kind file as passed to `kind create cluster --config`: with this lab's name, ports and mounts.

The project's file describes a plain cluster. The extraPortMappings and kubeadmConfigPatches of manifests/kind/cluster.yaml, which
publish the lab's ports and speed up the node's start, are added to it; where both set a value, the project's file wins.
"""

from pathlib import Path
from typing import Any, Final

from labctl.host import documents
from labctl.host.documents import Node
from labctl.model import LabSpec
from labctl.targets.kind.cluster.names import NODE_PORTS, ClusterNames

KIND_FILE: Final = "kind-mcp-cluster.yaml"
ADDITIONS: Final = "manifests/kind/cluster.yaml"
DNS_PHASE: Final = "addon/coredns"      # kubeadm phase that the additions skip; CoreDNS is added once the lab is up


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
        # kind applies them in order, so the later one wins
        "kubeadmConfigPatches": [patch.text() for patch in patches],
    }


def _port_mappings(spec: LabSpec, *sources: Node) -> list[dict[str, Any]]:
    """One mapping for each node port, from the later source where both have it, to the lab's own host ports."""
    inside = {mapping.field("containerPort").integer(): mapping.value for node in sources
              for mapping in node.field("extraPortMappings").items()}
    outside = {inner: {"hostPort": spec.ports[endpoint]} for endpoint, inner in NODE_PORTS.items()}
    return [mapping | outside.get(port, {}) for port, mapping in inside.items()]


def node_image(spec: LabSpec) -> str:
    return _read(spec.project / KIND_FILE).field("nodes").items()[0].field("image").text("")


def pod_subnet(spec: LabSpec) -> str:
    return _read(spec.project / KIND_FILE).field("networking").field("podSubnet").text("")


def shared_folder(names: ClusterNames) -> Path:
    """The folder that is mounted into a new node."""
    return names.state / "node"


def _read(file: Path) -> Node:
    """The cluster that a file describes. Raises Refused when it describes none, or one without a node."""
    found = documents.read_yaml(file)
    cluster = found[0] if found else Node(None, str(file))
    nodes = cluster.field("nodes")
    if not nodes.items():
        raise nodes.wrong("a list with one node")
    nodes.items()[0].fields()
    return cluster
