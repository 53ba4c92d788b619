"""In a cluster that enforces NetworkPolicies: Prometheus scrapes the collector, and a backend gets the key that it demands."""

import base64
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cases.spans import wait_until
from tests.driver import Driver, free_ports
from tests.e2e.kind.test_replacement import kubectl
from tests.production.kind.test_policies import enforce
from tests.soak import keyed_backend, prometheus
from tests.soak.prometheus import Prometheus, compare_a_load
from tests.soak.test_exports import images_are_missing

COLLECTOR = "otel/opentelemetry-collector-contrib:0.155.0"
pytestmark = [
    pytest.mark.e2e, pytest.mark.timeout(600),
    pytest.mark.skipif(bool(images_are_missing(prometheus.IMAGE, COLLECTOR)), reason="no images of Prometheus and the collector"),
]


def pod(name: str, image: str, file: str, text: str, *args: str, port: int) -> list[dict[str, Any]]:
    """With a Service, in the namespace `tools`; `text` is the file /etc/tool/FILE."""
    labels = {"app.kubernetes.io/name": name}
    mount = {"name": "config", "mountPath": "/etc/tool"}
    container = {"name": name, "image": image, "imagePullPolicy": "IfNotPresent", "args": list(args), "volumeMounts": [mount]}
    meta = {"name": name, "namespace": "tools", "labels": labels}
    spec = {"containers": [container], "volumes": [{"name": "config", "configMap": {"name": name}}]}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {file: text}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec},
        {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"selector": labels, "ports": [{"port": port}]}},
    ]


@contextmanager
def running(lab: Driver, image: str, objects: list[dict[str, Any]]) -> Iterator[None]:
    """In the namespace `tools` of the lab's cluster, until its end."""
    subprocess.run(["kind", "load", "docker-image", image, "--name", lab.name], check=True, capture_output=True, timeout=120)
    argv = ["kubectl", "--kubeconfig", lab.run("kubeconfig").stdout.strip()]
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "tools"}}
    given = json.dumps({"apiVersion": "v1", "kind": "List", "items": [space, *objects]})
    subprocess.run([*argv, "apply", "-f", "-"], input=given, text=True, check=True, capture_output=True, timeout=60)
    try:
        wait = [*argv, "-n", "tools", "wait", "--for=condition=Ready", "pod", "--all", "--timeout=90s"]
        subprocess.run(wait, check=True, capture_output=True, timeout=100)
        yield
    finally:
        subprocess.run([*argv, "delete", "namespace", "tools", "--timeout=60s"], check=False, timeout=90)


@contextmanager
def forwarded(lab: Driver, service: str, port: int) -> Iterator[str]:
    here = free_ports(1)[0]
    argv = ["kubectl", "--kubeconfig", lab.run("kubeconfig").stdout.strip(), "-n", "tools", "port-forward", f"svc/{service}"]
    process = subprocess.Popen([*argv, f"{here}:{port}"], stdout=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{here}"
    finally:
        process.kill()
        process.wait()


def test_prometheus_scrapes_the_collector_in_kind(kind_lab: Driver) -> None:
    kind_lab.run("up", "--export", "prometheus", "--allow-from", "tools/app.kubernetes.io/name=prometheus", timeout=240)
    enforce(kind_lab)
    text = prometheus.config(f"otel-collector.{kind_lab.name}:8889")
    args = ("--config.file=/etc/tool/prometheus.yml", "--storage.tsdb.path=/tmp/data", "--enable-feature=exemplar-storage")
    objects = pod("prometheus", prometheus.IMAGE, "prometheus.yml", text, *args, port=9090)
    try:
        with running(kind_lab, prometheus.IMAGE, objects), forwarded(kind_lab, "prometheus", 9090) as url:
            scraping = Prometheus(url)
            wait_until(scraping.ready)
            compare_a_load(kind_lab, scraping)
    finally:
        kind_lab.run("up", "--export", "off", "--allow-from", "off", timeout=240)


def test_a_backend_that_demands_a_key_in_kind(kind_lab: Driver, tmp_path: Path) -> None:
    enforce(kind_lab)
    headers, text = keyed_backend.headers_in(tmp_path), json.dumps(keyed_backend.config("0.0.0.0:4318"))
    objects = pod("keyed", COLLECTOR, "collector.json", text, "--config=/etc/tool/collector.json", port=4318)
    off = ("up", "--export", "off", "--export-headers", "off")
    try:
        with running(kind_lab, COLLECTOR, objects):
            kind_lab.run("up", "--export", "keyed=http://keyed.tools:4318", "--export-headers", str(headers), timeout=240)
            run = kind_lab.json("load", "-n", "100", "--rps", "50", timeout=120)
            assert run["ledger"]["lost_spans"] == 0
            wait_until(lambda: spans_in_the_log(kind_lab, run["run_id"]) == 500)
            assert kind_lab.json("why", code=None)["healthy"]
            check_secrecy(kind_lab)
        kind_lab.run(*off, timeout=240)
        assert "export-keyed" not in kubectl(kind_lab, "get", "secrets")
    finally:
        kind_lab.run(*off, timeout=240)


def spans_in_the_log(lab: Driver, run: str) -> int:
    argv = ["kubectl", "--kubeconfig", lab.run("kubeconfig").stdout.strip(), "-n", "tools", "logs", "keyed", "--tail=-1"]
    log = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=60).stdout
    return sum(line.strip().startswith(f"Trace ID       : {run}") for line in log.splitlines())


def check_secrecy(lab: Driver) -> None:
    """The key is in the lab's Secret, and in no other object of the lab's namespace, no log and nothing that labctl prints."""
    key = keyed_backend.KEY
    kept = json.loads(kubectl(lab, "get", "secret", "export-keyed", "-o", "json"))
    assert key in base64.b64decode(kept["data"]["headers.yaml"]).decode()
    for kind in ("configmaps", "deployments", "replicasets", "pods", "events", "services", "networkpolicies", "namespace"):
        names = (lab.name,) if kind == "namespace" else ()
        shown = kubectl(lab, "get", kind, *names, "-o", "json")
        assert key not in shown, kind
        assert base64.b64encode(key.encode()).decode()[:20] not in shown, kind
    for command in ("status", "config", "describe collector", "logs --tail 500", "why", "up --explain"):
        for words in (command.split(), [*command.split(), "-o", "json"]):
            said = lab.run(*words, code=None, timeout=120)
            assert key not in said.stdout + said.stderr, words
