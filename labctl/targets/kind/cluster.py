"""The cluster: kind makes it and deletes it, we look at its one container.

Ownership is a mount point that the container has from its first moment, so a cluster is known as ours even where we were killed
before its API server answered, and with our state folder deleted. kind's own files are never touched: it is given a kubeconfig
of its own, and ours is written from what the node holds.
"""

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

from labctl.errors import LabError, Refused
from labctl.host import commands, daemons
from labctl.model import LabSpec
from labctl.targets.kind import engine, merging
from labctl.targets.kind.engine import Node
from labctl.targets.kind.kube import Kube, path
from labctl.targets.kind.location import owned
from labctl.targets.kind.place import NODE_PORTS, Place

KIND_FILE = "kind-mcp-cluster.yaml"
INSTALL = "install kind (https://kind.sigs.k8s.io), or: labctl up --target local"
ORPHANS_S = 1.0
KUBECTL = ("kubectl", "--kubeconfig=/etc/kubernetes/admin.conf")        # the node's own
DNS_PHASE = "addon/coredns"
ABANDONED_S = 3.0
NETWORK_S = 15.0                        # that kind takes at most from its network to its node


def configuration(spec: LabSpec, place: Place) -> dict[str, Any]:
    """The kind file with this lab's name, ports and mark."""
    found = _kind_file(spec)
    node = found["nodes"][0]
    outer = {inner: getattr(spec.ports, endpoint) for endpoint, inner in NODE_PORTS.items()}
    for mapping in node.get("extraPortMappings", ()):
        mapping["hostPort"] = outer.get(mapping["containerPort"], mapping["hostPort"])
    found["kubeadmConfigPatches"] = [_without_dns(patch) for patch in found.get("kubeadmConfigPatches", ())]
    shared(place).mkdir(parents=True, exist_ok=True, mode=0o700)
    node.setdefault("extraMounts", []).extend(
        {"hostPath": str(shared(place)), "containerPath": mount, "readOnly": True} for mount in (place.mark, place.inside)
    )
    return {**found, "name": place.cluster}


def node_image(spec: LabSpec) -> str:
    return str(_kind_file(spec)["nodes"][0].get("image", ""))


def _kind_file(spec: LabSpec) -> dict[str, Any]:
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


def complete(place: Place, kube: Kube) -> bool:
    """Add what was left out at first. Whether there was anything to add."""
    if kube.get(path("Deployment", "kube-system", "coredns")):
        return False
    words = ("kubeadm", "init", "phase", *DNS_PHASE.split("/"), "--config=/kind/kubeadm.conf")
    engine.execute(place.node, *words, timeout=30)
    return True


def shared(place: Place) -> Path:
    """The folder that a new node sees as its mark."""
    return place.state / "node"


def create(spec: LabSpec, place: Place) -> commands.Job:
    """Start to make the cluster. The job ends when kind is done; the API server answers seconds before."""
    commands.need("kind", INSTALL)
    # a kind that was killed leaves a lock beside its kubeconfig, and waits for it for ever
    shutil.rmtree(_kinds_own(place).parent, ignore_errors=True)
    config = place.state / "kind.yaml"
    config.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    config.write_text(json.dumps(configuration(spec, place)))
    return commands.Job(
        ["kind", "create", "cluster", "--config", str(config), "--kubeconfig", str(_kinds_own(place)), "--retain"],
        env={**os.environ, **daemons.token(_creator(place), "kind")},
    )


def start(node: Node) -> None:
    engine.docker("start", node.name, timeout=20)


def end_orphans(place: Place) -> bool:
    """End a kind that makes this cluster for an `up` which is no more. Whether there was one."""
    orphans = daemons.running(_creator(place))
    daemons.stop(orphans, ORPHANS_S)
    if orphans:
        _await_late_node(place)
    return bool(orphans)


def unfinished(place: Place, node: Node) -> bool:
    """Whether kind did not get to its end, of which its kubeconfig tells; where that was deleted, the node is asked."""
    return owned(place, node) and not _kinds_own(place).exists() and node.running and not _has_network(node)


def _has_network(node: Node) -> bool:
    """Whether kind's network is there, which it installs after the control plane."""
    asked = (*KUBECTL, "get", "daemonset", "kindnet", "--namespace=kube-system", "--request-timeout=20s", "--ignore-not-found")
    try:
        return bool(engine.execute(node.name, *asked, timeout=30))
    except LabError:
        return False


def delete(place: Place, node: Node) -> None:
    commands.need("kind", INSTALL)
    file = merging.merged(place) or _kinds_own(place)
    commands.run(["kind", "delete", "cluster", "--name", place.cluster, "--kubeconfig", str(file)], timeout=60)
    # kind makes its network for its first cluster and keeps it: it goes where it was made for this one
    engine.remove_network("kind", not_older_than=node.created - NETWORK_S)
    forget(place)


def abandon(place: Place, job: commands.Job) -> None:
    """Stop making the cluster."""
    at_work = not _ended(job)
    job.close()
    if at_work:
        _await_late_node(place)


def _await_late_node(place: Place) -> None:
    """The engine may still be about to start the node for a kind that has just been ended."""
    deadline = time.monotonic() + ABANDONED_S
    while engine.inspect(place.node) is None and time.monotonic() < deadline:
        time.sleep(0.2)


def _ended(job: commands.Job) -> bool:
    try:
        return job.check()
    except LabError:
        return True


def forget(place: Place) -> None:
    """Drop what only made sense for the cluster that is gone."""
    for folder in (_kinds_own(place).parent, place.state / "kube", shared(place)):
        shutil.rmtree(folder, ignore_errors=True)
    (place.state / "kind.yaml").unlink(missing_ok=True)


def _creator(place: Place) -> str:
    """Under which a kind at work is found again; no lab has a slash in its name."""
    return f"kind/{place.cluster}"


def _kinds_own(place: Place) -> Path:
    return place.state / "kind" / "kubeconfig"
