"""Access to a cluster: the credentials from its node, and a client of its API server."""

import base64
import json
from pathlib import Path

from labctl.errors import NotReady
from labctl.host import commands
from labctl.host.documents import write_private
from labctl.host.waiting import Deadline
from labctl.targets.kind.cluster.names import ClusterNames
from labctl.targets.kind.engine import containers
from labctl.targets.kind.engine.containers import NodeContainer
from labctl.targets.kubernetes.kube import Access, Kube

API_PORT = 6443
CREDENTIALS_S = 60.0
ADMIN = "/etc/kubernetes/super-admin.conf"              # authorized from the start, admin.conf two seconds later


def file_of(names: ClusterNames) -> Path:
    return names.state / "kube" / "config"


def connect(names: ClusterNames, node: NodeContainer, job: commands.Job | None = None) -> Kube:
    """A client with the credentials of this container. Raises the cause when `job`, which creates the cluster, fails."""
    file = file_of(names)
    if not file.exists() or node.version not in file.read_text():
        _write_kubeconfig(names, node, _credentials(node, job))
    return Kube(_access(file))


def _credentials(node: NodeContainer, job: commands.Job | None) -> bytes:
    """The file that kubeadm writes a few seconds after the node's start. The wait runs inside the node, a second at a time."""
    ask = f"for i in 1 2 3 4 5 6 7 8 9 10; do test -s {ADMIN} && break; sleep 0.1; done; cat {ADMIN} 2>/dev/null || true"
    deadline = Deadline.after(CREDENTIALS_S)
    while not deadline.passed:
        found = containers.execute(node.name, "sh", "-c", ask)
        if found:
            return found
        if job:
            job.check()
    raise NotReady(f"the node {node.name} has no control plane", hint="labctl down, then labctl up --target kind")


def _access(file: Path) -> Access:
    found = json.loads(file.read_text())
    at = found["clusters"][0]["cluster"]
    return Access(at["server"], base64.b64decode(at["certificate-authority-data"]).decode(), file.with_name("client.pem"))


def _write_kubeconfig(names: ClusterNames, node: NodeContainer, admin: bytes) -> None:
    import yaml

    found = yaml.safe_load(admin)
    at, user = found["clusters"][0]["cluster"], found["users"][0]["user"]
    at["server"] = f"https://127.0.0.1:{node.ports[API_PORT]}"
    name = f"kind-{names.cluster}"
    ours = {
        "apiVersion": "v1", "kind": "Config", "current-context": name,
        "clusters": [{"name": name, "cluster": at}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": names.namespace}}],
        "extensions": [{"name": "labctl.dev/node", "extension": {"container": node.version}}],
    }
    pem = base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"])
    file = file_of(names)
    write_private(file.with_name("client.pem"), pem)
    write_private(file, json.dumps(ours, indent=1))
