"""The cluster: kind makes it and deletes it, we look at its one container.

Ownership is a mount point that the container has from its first moment, so a cluster is known as ours even where we were killed
before its API server answered, and with our state folder deleted. kind's own files are never touched: it is given a kubeconfig
of its own, and ours is written from what the node holds.
"""

import json
import shutil
from pathlib import Path

from labctl.errors import LabError
from labctl.host import commands, daemons
from labctl.host.waiting import until
from labctl.model import LabSpec
from labctl.targets.kind.cluster import user_kubeconfig
from labctl.targets.kind.cluster.kind_file import DNS_PHASE, configuration, shared_folder
from labctl.targets.kind.cluster.lab_cluster import owned
from labctl.targets.kind.cluster.names import ClusterNames
from labctl.targets.kind.engine import containers
from labctl.targets.kind.engine.containers import NodeContainer
from labctl.targets.kind.tool_environment import tool_environment
from labctl.targets.kubernetes.kube import Kube, path

INSTALL = "install kind (https://kind.sigs.k8s.io), or: labctl up --target local"
ORPHANS_S = 1.0
KUBECTL = ("kubectl", "--kubeconfig=/etc/kubernetes/admin.conf")        # the node's own
ABANDONED_S = 3.0
NETWORK_S = 15.0                        # that kind takes at most from its network to its node


def add_dns(names: ClusterNames, kube: Kube) -> bool:
    """Add CoreDNS, which was left out at first. Whether there was anything to add."""
    if kube.get(path("Deployment", "kube-system", "coredns")):
        return False
    words = ("kubeadm", "init", "phase", *DNS_PHASE.split("/"), "--config=/kind/kubeadm.conf")
    containers.execute(names.node, *words, timeout=30)
    return True


def create(spec: LabSpec, names: ClusterNames) -> commands.Job:
    """Start to make the cluster. The job ends when kind is done; the API server answers seconds before."""
    commands.need("kind", INSTALL)
    # a kind that was killed leaves a lock beside its kubeconfig, and waits for it for ever
    shutil.rmtree(_kinds_own(names).parent, ignore_errors=True)
    config = names.state / "kind.yaml"
    config.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    config.write_text(json.dumps(configuration(spec, names)))
    return commands.Job(
        ["kind", "create", "cluster", "--config", str(config), "--kubeconfig", str(_kinds_own(names)), "--retain"],
        env=tool_environment(**daemons.token(_creation_token(names), "kind")),
    )


def start(node: NodeContainer) -> None:
    containers.start(node.name)


def end_orphaned_kind(names: ClusterNames) -> bool:
    """End a kind that makes this cluster for an `up` which is no more. Whether there was one."""
    orphans = daemons.running(_creation_token(names))
    daemons.stop(orphans, ORPHANS_S)
    if orphans:
        _await_late_node(names)
    return bool(orphans)


def unfinished(names: ClusterNames, node: NodeContainer) -> bool:
    """Whether kind did not get to its end, of which its kubeconfig tells; where that was deleted, the node is asked."""
    return owned(names, node) and not _kinds_own(names).exists() and node.running and not _has_network(node)


def _has_network(node: NodeContainer) -> bool:
    """Whether kind's network is there, which it installs after the control plane."""
    asked = (*KUBECTL, "get", "daemonset", "kindnet", "--namespace=kube-system", "--request-timeout=20s", "--ignore-not-found")
    try:
        return bool(containers.execute(node.name, *asked, timeout=30))
    except LabError:
        return False


def delete(names: ClusterNames, node: NodeContainer) -> None:
    commands.need("kind", INSTALL)
    file = user_kubeconfig.merged_file(names) or _kinds_own(names)
    argv = ["kind", "delete", "cluster", "--name", names.cluster, "--kubeconfig", str(file)]
    commands.run(argv, timeout=60, env=tool_environment())
    # kind makes its network for its first cluster and keeps it: it goes where it was made for this one
    containers.remove_network("kind", not_older_than=node.created - NETWORK_S)
    forget(names)


def abandon(names: ClusterNames, job: commands.Job) -> None:
    """Stop making the cluster."""
    at_work = not _ended(job)
    job.close()
    if at_work:
        _await_late_node(names)


def _await_late_node(names: ClusterNames) -> None:
    """The engine may still be about to start the node for a kind that has just been ended."""
    until(lambda: containers.inspect(names.node), ABANDONED_S, every=0.2)


def _ended(job: commands.Job) -> bool:
    try:
        return job.check()
    except LabError:
        return True


def forget(names: ClusterNames) -> None:
    """Drop what only made sense for the cluster that is gone."""
    for folder in (_kinds_own(names).parent, names.state / "kube", shared_folder(names)):
        shutil.rmtree(folder, ignore_errors=True)
    (names.state / "kind.yaml").unlink(missing_ok=True)


def _creation_token(names: ClusterNames) -> str:
    """Under which a kind at work is found again; no lab has a slash in its name."""
    return f"kind/{names.cluster}"


def _kinds_own(names: ClusterNames) -> Path:
    return names.state / "kind" / "kubeconfig"
