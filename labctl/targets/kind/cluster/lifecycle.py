"""Creates and deletes the cluster with kind, and starts its node.

Ownership is a mount point that the container has from its creation, so a cluster is recognised as the lab's even when `up` was
killed before the API server answered, or the state folder was deleted. The user's kubeconfig is not touched: kind gets a
separate one, and the lab's is written from the credentials in the node.
"""

import json
import shutil
from pathlib import Path

from labctl.errors import LabError
from labctl.host import commands, daemons
from labctl.host.documents import write_private
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

INSTALL = "install kind (https://kind.sigs.k8s.io)"
ORPHANS_S = 1.0
KUBECTL = ("kubectl", "--kubeconfig=/etc/kubernetes/admin.conf")        # the node's own
ABANDONED_S = 3.0
NETWORK_S = 15.0                        # the most time that kind takes from creating its network to creating its node


def add_dns(names: ClusterNames, kube: Kube) -> bool:
    """Add CoreDNS, which the creation skipped. Returns whether it was missing."""
    if kube.get(path("Deployment", "kube-system", "coredns")):
        return False
    words = ("kubeadm", "init", "phase", *DNS_PHASE.split("/"), "--config=/kind/kubeadm.conf")
    containers.execute(names.node, *words, timeout=30)
    return True


def create(spec: LabSpec, names: ClusterNames) -> commands.Job:
    """Start the creation of the cluster. The job ends when kind is done; the API server answers seconds earlier."""
    commands.need("kind", INSTALL)
    # a killed kind leaves a lock file beside its kubeconfig, and the next one would wait for it for ever
    shutil.rmtree(_kinds_own(names).parent, ignore_errors=True)
    config = names.state / "kind.yaml"
    write_private(config, json.dumps(configuration(spec, names)))
    return commands.Job(
        ["kind", "create", "cluster", "--config", str(config), "--kubeconfig", str(_kinds_own(names)), "--retain"],
        env=tool_environment(**daemons.token(_creation_token(names), "kind")),
    )


def start(node: NodeContainer) -> None:
    containers.start(node.name)


def end_orphaned_kind(names: ClusterNames) -> bool:
    """End a kind process that still creates this cluster for an `up` that was killed. Returns whether there was one."""
    orphans = daemons.running(_creation_token(names))
    daemons.stop(orphans, ORPHANS_S)
    if orphans:
        _await_late_node(names)
    return bool(orphans)


def unfinished(names: ClusterNames, node: NodeContainer) -> bool:
    """Whether kind did not finish, by its kubeconfig; when that was deleted, by the node."""
    return owned(names, node) and not _kinds_own(names).exists() and node.running and not _has_storage(node)


def _has_storage(node: NodeContainer) -> bool:
    """Whether the StorageClass is installed, which kind does last, after control plane and pod network."""
    asked = (*KUBECTL, "get", "storageclass", "standard", "--request-timeout=20s", "--ignore-not-found")
    try:
        return bool(containers.execute(node.name, *asked, timeout=30))
    except LabError:
        return False


def delete(names: ClusterNames, node: NodeContainer) -> None:
    commands.need("kind", INSTALL)
    file = user_kubeconfig.merged_file(names) or _kinds_own(names)
    argv = ["kind", "delete", "cluster", "--name", names.cluster, "--kubeconfig", str(file)]
    commands.run(argv, timeout=60, env=tool_environment())
    # kind creates its Docker network for the first cluster and never removes it: remove it if it was created for this one
    containers.remove_network("kind", not_older_than=node.created - NETWORK_S)
    forget(names)


def abandon(names: ClusterNames, job: commands.Job) -> None:
    """Stop the creation of the cluster."""
    at_work = not _ended(job)
    job.close()
    if at_work:
        _await_late_node(names)


def _await_late_node(names: ClusterNames) -> None:
    """Wait for a node that the engine may still start for the kind process that was just ended."""
    until(lambda: containers.inspect(names.node), ABANDONED_S, every=0.2)


def _ended(job: commands.Job) -> bool:
    try:
        return job.check()
    except LabError:
        return True


def forget(names: ClusterNames) -> None:
    """Delete the files of a cluster that is gone."""
    for folder in (_kinds_own(names).parent, names.state / "kube", shared_folder(names)):
        shutil.rmtree(folder, ignore_errors=True)
    (names.state / "kind.yaml").unlink(missing_ok=True)


def _creation_token(names: ClusterNames) -> str:
    """The token by which a running kind process is found; no lab has a slash in its name."""
    return f"kind/{names.cluster}"


def _kinds_own(names: ClusterNames) -> Path:
    return names.state / "kind" / "kubeconfig"
