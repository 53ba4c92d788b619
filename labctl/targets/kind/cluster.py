"""The cluster: kind makes it and deletes it, we look at its one container.

Ownership is a mount point that the container has from its first moment, so a cluster is known as ours even where we were killed
before its API server answered, and with our state folder deleted. kind's own files are never touched: it is given a kubeconfig
of its own, and ours is written from what the node holds.
"""

import base64
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

from labctl.errors import LabError, NotReady, Refused
from labctl.host import tools
from labctl.model import LabSpec
from labctl.targets.kind import engine
from labctl.targets.kind.engine import Node
from labctl.targets.kind.kube import Access, Kube, path
from labctl.targets.kind.place import NODE_PORTS, Place

KIND_FILE = "kind-mcp-cluster.yaml"
INSTALL = "install kind (https://kind.sigs.k8s.io), or: labctl up --target local"
API_PORT = 6443
DNS_PHASE = "addon/coredns"
CREDENTIALS_S = 60.0
ABANDONED_S = 3.0
NETWORK_S = 15.0                        # that kind takes at most from its network to its node
ADMIN = "/etc/kubernetes/super-admin.conf"              # let in from the first moment, admin.conf two seconds later


def find(place: Place, timeout: float = engine.ANSWER_S) -> Node | None:
    return engine.inspect(place.node, timeout)


def owned(place: Place, node: Node) -> bool:
    return place.mark in node.mounts


def configuration(spec: LabSpec, place: Place) -> dict[str, Any]:
    """The kind file with this lab's name, ports and mark."""
    import yaml

    file = spec.project / KIND_FILE
    try:
        found = yaml.safe_load(file.read_text())
        node = found["nodes"][0]
    except (OSError, yaml.YAMLError, KeyError, IndexError, TypeError) as error:
        raise Refused(f"{file} is not a kind cluster with a node", detail=str(error)) from None
    outer = {inner: getattr(spec.ports, endpoint) for endpoint, inner in NODE_PORTS.items()}
    for mapping in node.get("extraPortMappings", ()):
        mapping["hostPort"] = outer.get(mapping["containerPort"], mapping["hostPort"])
    found["kubeadmConfigPatches"] = [_without_dns(patch) for patch in found.get("kubeadmConfigPatches", ())]
    shared(place).mkdir(parents=True, exist_ok=True, mode=0o700)
    node.setdefault("extraMounts", []).append({"hostPath": str(shared(place)), "containerPath": place.mark, "readOnly": True})
    return {**found, "name": place.cluster}


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


def create(spec: LabSpec, place: Place) -> tools.Job:
    """Start to make the cluster. The job ends when kind is done; the API server answers seconds before."""
    tools.need("kind", INSTALL)
    # a kind that was killed leaves a lock beside its kubeconfig, and waits for it for ever
    shutil.rmtree(_kinds_own(place).parent, ignore_errors=True)
    config = place.state / "kind.yaml"
    config.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    config.write_text(json.dumps(configuration(spec, place)))
    return tools.Job(
        ["kind", "create", "cluster", "--config", str(config), "--kubeconfig", str(_kinds_own(place)), "--retain"],
    )


def start(node: Node) -> None:
    engine.docker("start", node.name, timeout=20)


def delete(place: Place, node: Node) -> None:
    tools.need("kind", INSTALL)
    tools.run(["kind", "delete", "cluster", "--name", place.cluster, "--kubeconfig", str(_kinds_own(place))], timeout=60)
    # kind makes its network for its first cluster and keeps it: it goes where it was made for this one
    engine.remove_network("kind", not_older_than=node.created - NETWORK_S)
    forget(place)


def abandon(place: Place, job: tools.Job) -> None:
    """Stop making the cluster; the engine may still be about to start the node, which is then waited for."""
    at_work = not _ended(job)
    job.close()
    deadline = time.monotonic() + ABANDONED_S
    while at_work and find(place) is None and time.monotonic() < deadline:
        time.sleep(0.2)


def _ended(job: tools.Job) -> bool:
    try:
        return job.check()
    except LabError:
        return True


def forget(place: Place) -> None:
    """Drop what only made sense for the cluster that is gone."""
    for folder in (_kinds_own(place).parent, place.state / "kube", shared(place)):
        shutil.rmtree(folder, ignore_errors=True)
    (place.state / "kind.yaml").unlink(missing_ok=True)


def _kinds_own(place: Place) -> Path:
    return place.state / "kind" / "kubeconfig"


def kubeconfig(place: Place) -> Path:
    return place.state / "kube" / "config"


def connect(place: Place, node: Node, job: tools.Job | None = None) -> Kube:
    """A client, with the credentials of this very container. Raises the cause when `job`, which makes the cluster, fails."""
    file = kubeconfig(place)
    if not file.exists() or node.version not in file.read_text():
        _write_kubeconfig(place, node, _credentials(node, job))
    return Kube(_access(file))


def _credentials(node: Node, job: tools.Job | None) -> bytes:
    """What kubeadm writes a few seconds after the node has started. Waited for inside the node, a second at a time."""
    ask = f"for i in 1 2 3 4 5 6 7 8 9 10; do test -s {ADMIN} && break; sleep 0.1; done; cat {ADMIN} 2>/dev/null || true"
    deadline = time.monotonic() + CREDENTIALS_S
    while time.monotonic() < deadline:
        found = engine.execute(node.name, "sh", "-c", ask)
        if found:
            return found
        if job:
            job.check()
    raise NotReady(f"the node {node.name} has no control plane", hint="labctl down, then labctl up --target kind")


def _access(file: Path) -> Access:
    found = json.loads(file.read_text())
    at = found["clusters"][0]["cluster"]
    return Access(at["server"], base64.b64decode(at["certificate-authority-data"]).decode(), file.with_name("client.pem"))


def _write_kubeconfig(place: Place, node: Node, admin: bytes) -> None:
    import yaml

    found = yaml.safe_load(admin)
    at, user = found["clusters"][0]["cluster"], found["users"][0]["user"]
    at["server"] = f"https://127.0.0.1:{node.ports[API_PORT]}"
    name = f"kind-{place.cluster}"
    ours = {
        "apiVersion": "v1", "kind": "Config", "current-context": name,
        "clusters": [{"name": name, "cluster": at}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": place.namespace}}],
        "extensions": [{"name": "labctl.dev/node", "extension": {"container": node.version}}],
    }
    pem = base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"])
    file = kubeconfig(place)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_privately(file.with_name("client.pem"), pem)
    _write_privately(file, json.dumps(ours, indent=1).encode())


def _write_privately(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    fresh.rename(path)


def await_node(place: Place, patience_s: float, job: tools.Job | None = None) -> Node:
    """The container, once it runs. Raises the cause when the cluster's creation fails meanwhile."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if job:
            job.check()
        node = find(place)
        if node and node.running:
            return node
        time.sleep(0.2)
    raise NotReady(f"the node {place.node} does not run", hint=f"docker logs {place.node}")


def await_api(place: Place, job: tools.Job | None, patience_s: float) -> Kube:
    """A client of an API server that lets us in. Raises the cause when the cluster's creation fails meanwhile."""
    deadline, last = time.monotonic() + patience_s, ""
    kube = connect(place, await_node(place, patience_s, job), job)
    while time.monotonic() < deadline:
        if job:
            job.check()
        try:
            kube.text("api/v1/namespaces/kube-system")
        except LabError as error:
            last = error.detail or error.message
            time.sleep(0.1)
        else:
            return kube
    raise NotReady("the cluster's API server does not answer", detail=last, hint=f"docker logs {place.node}")
