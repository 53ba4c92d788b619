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
from labctl.targets.kind.kube import Access, Kube
from labctl.targets.kind.place import NODE_PORTS, Place

KIND_FILE = "kind-mcp-cluster.yaml"
INSTALL = "install kind (https://kind.sigs.k8s.io), or: labctl up --target local"
API_PORT = 6443
CREATE_S = 180.0


def find(place: Place) -> Node | None:
    return engine.inspect(place.node)


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
    marked = place.state / "mark"
    marked.mkdir(parents=True, exist_ok=True, mode=0o700)
    node.setdefault("extraMounts", []).append({"hostPath": str(marked), "containerPath": place.mark, "readOnly": True})
    return {**found, "name": place.cluster}


def create(spec: LabSpec, place: Place) -> tools.Job:
    """Start to make the cluster. The job ends when kind is done; the API server answers seconds before."""
    tools.need("kind", INSTALL)
    config = place.state / "kind.yaml"
    config.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    config.write_text(json.dumps(configuration(spec, place)))
    return tools.Job(
        ["kind", "create", "cluster", "--config", str(config), "--kubeconfig", str(_kinds_own(place)), "--retain"],
        keep_output=True,
    )


def start(node: Node) -> None:
    engine.docker("start", node.name, timeout=20)


def delete(place: Place) -> None:
    tools.need("kind", INSTALL)
    tools.run(
        ["kind", "delete", "cluster", "--name", place.cluster, "--kubeconfig", str(_kinds_own(place))], timeout=60,
    )
    forget(place)


def forget(place: Place) -> None:
    """Drop what only made sense for the cluster that is gone."""
    for folder in (_kinds_own(place).parent, place.state / "kube", place.state / "mark"):
        shutil.rmtree(folder, ignore_errors=True)
    (place.state / "kind.yaml").unlink(missing_ok=True)


def _kinds_own(place: Place) -> Path:
    return place.state / "kind" / "kubeconfig"


def kubeconfig(place: Place) -> Path:
    return place.state / "kube" / "config"


def connect(place: Place, node: Node) -> Kube:
    """A client, with the credentials of this very container."""
    file = kubeconfig(place)
    if not file.exists() or node.version not in file.read_text():
        _write_kubeconfig(place, node)
    return Kube(_access(file))


def _access(file: Path) -> Access:
    found = json.loads(file.read_text())
    at = found["clusters"][0]["cluster"]
    return Access(at["server"], base64.b64decode(at["certificate-authority-data"]).decode(), file.with_name("client.pem"))


def _write_kubeconfig(place: Place, node: Node) -> None:
    import yaml

    text = engine.execute(node.name, "cat", "/etc/kubernetes/admin.conf")
    found = yaml.safe_load(text)
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


def await_api(place: Place, job: tools.Job | None, patience_s: float) -> Kube:
    """A client of an API server that answers. Raises the cause when the cluster's creation fails meanwhile."""
    deadline, last = time.monotonic() + patience_s, "no container yet"
    kube: Kube | None = None
    while time.monotonic() < deadline:
        if job:
            job.check()
        try:
            if kube is None and (node := find(place)):
                kube = connect(place, node)
            if kube:
                kube.text("api/v1/namespaces/kube-system")         # allowed once kubeadm has bound the administrators
                return kube
        except Refused:
            raise
        except LabError as error:
            last = error.detail or error.message
        time.sleep(0.1)
    raise NotReady("the cluster's API server does not answer", detail=last, hint=f"docker logs {place.node}")
