"""Pods that do not belong to the lab, in the namespace `tools` of its cluster: a Prometheus, a backend that demands a key."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.driver import Driver, free_ports
from tests.soak import keyed_backend

COLLECTOR = "otel/opentelemetry-collector-contrib:0.155.0"


@dataclass(frozen=True)
class Cluster:
    name: str
    kubeconfig: str

    def kubectl(self, *words: str, **more: Any) -> str:
        argv = ["kubectl", "--kubeconfig", self.kubeconfig, *words]
        return str(subprocess.run(argv, check=True, capture_output=True, text=True, timeout=120, **more).stdout)

    @contextmanager
    def running(self, image: str, objects: Sequence[dict[str, Any]]) -> Iterator[None]:
        """In the namespace `tools`, which ends with them."""
        subprocess.run(["kind", "load", "docker-image", image, "--name", self.name], check=True, capture_output=True, timeout=120)
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "tools"}}
        self.kubectl("apply", "-f", "-", input=json.dumps({"apiVersion": "v1", "kind": "List", "items": [space, *objects]}))
        try:
            self.kubectl("-n", "tools", "wait", "--for=condition=Ready", "pod", "--all", "--timeout=90s")
            yield
        finally:
            self.kubectl("delete", "namespace", "tools", "--timeout=60s")

    @contextmanager
    def forwarded(self, namespace: str, service: str, port: int, here: int = 0) -> Iterator[int]:
        here = here or free_ports(1)[0]
        words = ["-n", namespace, "port-forward", f"service/{service}", f"{here}:{port}"]
        argv = ["kubectl", "--kubeconfig", self.kubeconfig, *words]
        with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
            try:
                assert process.stdout
                assert process.stdout.readline().startswith(b"Forwarding")
                yield here
            finally:
                process.kill()

    def spans_of_the_keyed_backend(self, run: str) -> int:
        """Of a run, in its log."""
        log = self.kubectl("-n", "tools", "logs", "keyed", "--tail=-1")
        return sum(line.strip().startswith(f"Trace ID       : {run}") for line in log.splitlines())


def cluster_of(lab: Driver) -> Cluster:
    return Cluster(lab.name, lab.run("kubeconfig").stdout.strip())


def pod(name: str, image: str, config: tuple[str, str], args: Sequence[str], port: int) -> list[dict[str, Any]]:
    """With a Service. `config` is the name and the text of a file in /etc/tool."""
    labels = {"app.kubernetes.io/name": name}
    mount = {"name": "config", "mountPath": "/etc/tool"}
    container = {"name": name, "image": image, "imagePullPolicy": "IfNotPresent", "args": list(args), "volumeMounts": [mount]}
    meta = {"name": name, "namespace": "tools", "labels": labels}
    spec = {"containers": [container], "volumes": [{"name": "config", "configMap": {"name": name}}]}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": dict([config])},
        {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec},
        {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"selector": labels, "ports": [{"port": port}]}},
    ]


def keyed(folder: Path) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """The backend that demands a key, and the flags that export to it."""
    text = json.dumps(keyed_backend.config("0.0.0.0:4318"))
    objects = pod("keyed", COLLECTOR, ("collector.json", text), ["--config=/etc/tool/collector.json"], 4318)
    return objects, ("--export", "keyed=http://keyed.tools:4318", "--export-headers", f"keyed={keyed_backend.headers_in(folder)}")
