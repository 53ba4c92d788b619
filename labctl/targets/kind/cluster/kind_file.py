"""The project's kind file as `kind create cluster --config` gets it: with this lab's name, its ports and its mounts."""

import json
from pathlib import Path
from typing import Any, Final

from labctl.errors import Refused
from labctl.model import LabSpec
from labctl.targets.kind.cluster.names import NODE_PORTS, ClusterNames

KIND_FILE: Final = "kind-mcp-cluster.yaml"
DNS_PHASE: Final = "addon/coredns"


def configuration(spec: LabSpec, names: ClusterNames) -> dict[str, Any]:
    found = _read(spec)
    node = found["nodes"][0]
    outer = {inner: spec.ports[endpoint] for endpoint, inner in NODE_PORTS.items()}
    for mapping in node.get("extraPortMappings", ()):
        mapping["hostPort"] = outer.get(mapping["containerPort"], mapping["hostPort"])
    found["kubeadmConfigPatches"] = [_without_dns(patch) for patch in found.get("kubeadmConfigPatches", ())]
    shared_folder(names).mkdir(parents=True, exist_ok=True, mode=0o700)
    node.setdefault("extraMounts", []).extend(
        {"hostPath": str(shared_folder(names)), "containerPath": mount, "readOnly": True}
        for mount in (names.lab_mount, names.namespace_mount)
    )
    return {**found, "name": names.cluster}


def node_image(spec: LabSpec) -> str:
    return str(_read(spec)["nodes"][0].get("image", ""))


def shared_folder(names: ClusterNames) -> Path:
    """The folder that a new node sees as its mounts."""
    return names.state / "node"


def _read(spec: LabSpec) -> dict[str, Any]:
    import yaml

    file = spec.project / KIND_FILE
    try:
        found: dict[str, Any] = yaml.safe_load(file.read_text())
        assert isinstance(found["nodes"][0], dict)
    except (OSError, yaml.YAMLError, KeyError, IndexError, TypeError, AssertionError) as error:
        raise Refused(f"{file} is not a kind cluster with a node", detail=str(error)) from None
    return found


def _without_dns(patch: str) -> str:
    """Leaves CoreDNS out at first: the lab does not need it, and its two pods would start beside the lab's."""
    import yaml

    document = yaml.safe_load(patch)
    if document["kind"] == "InitConfiguration":
        document.setdefault("skipPhases", []).append(DNS_PHASE)
    return json.dumps(document)
