"""The tutorial's commands as they stand in it, with kubectl and kind, from the empty machine to the cleanup.

What differs: the folder (its k8s/ is manifests/ here), the names in angle brackets, the load generator (`labctl load`), and the
collector's image, which is loaded into the node like the service's because a test pulls nothing. Before the cleanup comes what
the tutorial does not know: the viewer is added, and labctl is used on that cluster.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.driver import ROOT, Driver, kind_is_missing

COLLECTOR_IMAGE = "otel/opentelemetry-collector-contrib:0.155.0"
CREATE = """
kind create cluster --config kind-mcp-cluster.yaml
kubectl get nodes
cp .env.example .env
docker build -t ai-lab-2-2-paid:v1 .
kind load docker-image ai-lab-2-2-paid:v1 --name mcp-cluster
"""
DEPLOY_COLLECTOR = """
kubectl apply -f manifests/namespace.yaml
kubectl apply -f manifests/collector-config.yaml
kubectl apply -f manifests/collector-deployment.yaml
"""
DEPLOY_APPLICATION = """
kubectl apply -f manifests/deployment.yaml
kubectl apply -f manifests/service.yaml
"""
GET_PODS = "kubectl get pods -n ai-ml-lab-2-2"
GET_SERVICES = "kubectl get svc -n ai-ml-lab-2-2"
PORT_FORWARD = "kubectl port-forward -n ai-ml-lab-2-2 svc/ai-lab-2-2-paid 9002:9000"
HEALTH = "curl http://localhost:9002/health"
PREDICT = """curl -X POST http://localhost:9002/predict \\
  -H "Content-Type: application/json" \\
  -d '{"features": [0.5, 1.5, 2.0]}'"""
COLLECTOR_LOGS = "kubectl logs -n ai-ml-lab-2-2 deploy/otel-collector"
SERVICE_LOGS = "kubectl logs -n ai-ml-lab-2-2 deploy/ai-lab-2-2-paid"
FOLLOW_SERVICE = "kubectl logs -f -n ai-ml-lab-2-2 deploy/ai-lab-2-2-paid"
FOLLOW_METRICS = "kubectl logs -f -n ai-ml-lab-2-2 deploy/otel-collector | grep -i metric"
LOAD = "labctl load --url http://localhost:9002/predict --requests 500 --concurrency 10 --rate 50"
CONFIG_MAP = "kubectl get configmap -n ai-ml-lab-2-2 otel-collector-config -o yaml"
TROUBLESHOOTING = (
    ("kubectl describe pod <pod-name> -n ai-ml-lab-2-2", 0, "Successfully assigned"),
    ("kubectl logs <pod-name> -n ai-ml-lab-2-2", 0, "OpenTelemetry initialized"),
    ("kubectl get pods -n ai-ml-lab-2-2 | grep collector", 0, "1/1"),
    ("kubectl exec -n ai-ml-lab-2-2 <app-pod> -- nc -zv otel-collector 4317", 0, "succeeded"),
    ("kubectl logs -n ai-ml-lab-2-2 deploy/ai-lab-2-2-paid | grep -i otel", 0, "http://otel-collector:4317"),
    ('kubectl describe pod -n ai-ml-lab-2-2 <pod-name> | grep -A5 "Environment"', 0, "OTEL_EXPORTER_OTLP_ENDPOINT"),
    ('kubectl describe pod -n ai-ml-lab-2-2 <collector-pod> | grep -A10 "Limits"', 0, "256Mi"),
    # a kind cluster has no metrics server, and Kubernetes writes no event of throttling: `labctl top` has both
    ("kubectl top pod -n ai-ml-lab-2-2", 1, "Metrics API not available"),
    ("kubectl describe pod -n ai-ml-lab-2-2 <pod-name> | grep -i throttl", 1, ""),
)
CLEAN_UP = """
kubectl delete -f manifests/service.yaml
kubectl delete -f manifests/deployment.yaml
kubectl delete -f manifests/collector-deployment.yaml
kubectl delete -f manifests/collector-config.yaml
kubectl delete -f manifests/namespace.yaml
"""
DELETE_CLUSTER = "kind delete cluster --name mcp-cluster"

ADD_VIEWER = """
docker build --target viewer -t ai-lab-2-2-viewer:v1 .
kind load docker-image ai-lab-2-2-viewer:v1 --name mcp-cluster
kubectl apply -k manifests
kubectl rollout status deployment -n ai-ml-lab-2-2 --timeout 60s
"""
PORT = 9002
READY_S = 60.0
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@dataclass
class Reader:
    """Somebody with a shell in the project's folder, and a kubeconfig of their own."""

    lab: Driver

    def run(self, script: str, code: int | None = 0, timeout: float = 120) -> str:
        """What a block prints, line after line as it is typed. Raises where its last command ends with another code."""
        done = subprocess.run(
            ["bash", "-euc", script], env=self.lab.env, cwd=self.lab.cwd, capture_output=True, text=True, timeout=timeout,
            check=False, stdin=subprocess.DEVNULL,
        )
        assert code is None or done.returncode == code, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def until(self, command: str, right: Callable[[str], bool]) -> str:
        """Types a command again until it shows what is expected."""
        deadline = time.monotonic() + READY_S
        while not right(shown := self.run(command)):
            assert time.monotonic() < deadline, f"{command} still shows\n{shown}"
            time.sleep(0.5)
        return shown

    def start(self, command: str) -> "subprocess.Popen[str]":
        """A command that goes on until it is interrupted."""
        return subprocess.Popen(
            ["bash", "-c", command], env=self.lab.env, cwd=self.lab.cwd, text=True, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )

    def pod(self, deployment: str) -> str:
        return next(line.split()[0] for line in self.run(GET_PODS).splitlines() if line.startswith(deployment))


def ready(*deployments: str) -> Callable[[str], bool]:
    """Whether `kubectl get pods` shows one pod of each, all of them 1/1 and Running."""
    def right(shown: str) -> bool:
        rows = [line.split() for line in shown.splitlines()[1:]]
        return sorted(row[0].rsplit("-", 2)[0] for row in rows) == sorted(deployments) and all(
            row[1:3] == ["1/1", "Running"] for row in rows)
    return right


def occupied() -> str:
    """What stands in the way of the tutorial's own port and cluster."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            return f"port {PORT} is in use"
    there = subprocess.run(["kind", "get", "clusters"], capture_output=True, text=True, timeout=20, check=False).stdout.split()
    return "there is a cluster mcp-cluster" if "mcp-cluster" in there else ""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """The project in a folder of its own, as .env is written there."""
    if why := kind_is_missing() or occupied():
        pytest.skip(why)
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not on the PATH")
    folder = tmp_path_factory.mktemp("tutorial")
    project = folder / "project"
    for name in ("service", "manifests", "labctl"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Dockerfile", ".dockerignore", "kind-mcp-cluster.yaml", ".env.example"):
        shutil.copy(ROOT / name, project)
    lab = Driver("ai-ml-lab-2-2", folder / "state", target="kind", cwd=project, settings={"KUBECONFIG": str(folder / "config")})
    lab.ports["SERVICE"] = PORT
    try:
        yield Reader(lab)
    finally:
        subprocess.run(DELETE_CLUSTER.split(), env=lab.env, capture_output=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def deployed(reader: Reader) -> Reader:
    """Steps 1 to 6."""
    for line in CREATE.strip().splitlines():
        shown = reader.run(line)
        if "get nodes" in line:
            assert "mcp-cluster-control-plane" in shown
    reader.run(f"kind load docker-image {COLLECTOR_IMAGE} --name mcp-cluster")
    for line in DEPLOY_COLLECTOR.strip().splitlines():
        assert "Warning" not in reader.run(line)
    reader.until(GET_PODS, ready("otel-collector"))
    for line in DEPLOY_APPLICATION.strip().splitlines():
        assert "Warning" not in reader.run(line)
    reader.until(GET_PODS, ready("otel-collector", "ai-lab-2-2-paid"))
    return reader


@pytest.fixture(scope="module")
def forwarded(deployed: Reader) -> Iterator[Reader]:
    tunnel = deployed.start(PORT_FORWARD)
    try:
        assert tunnel.stdout
        assert [tunnel.stdout.readline().split()[2] for _ in range(2)] == ["127.0.0.1:9002", "[::1]:9002"]
        yield deployed
    finally:
        stop(tunnel)


def stop(process: "subprocess.Popen[str]") -> None:
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=30)


def answer(said: str) -> Any:
    """The JSON of an answer, without curl's meter."""
    return json.loads(said[said.index("{"):said.rindex("}") + 1])


def test_services(deployed: Reader) -> None:
    shown = [line.split() for line in deployed.run(GET_SERVICES).splitlines()[1:]]
    assert sorted((row[0], row[1]) for row in shown) == [("ai-lab-2-2-paid", "ClusterIP"), ("otel-collector", "ClusterIP")]


def test_the_folder_as_a_whole(deployed: Reader) -> None:
    shown = deployed.run("kubectl apply --dry-run=server -f manifests/namespace.yaml -f manifests/")
    assert "deployment.apps/otel-collector" in shown
    assert "Warning" not in shown


def test_health_and_a_prediction(forwarded: Reader) -> None:
    assert answer(forwarded.run(HEALTH)) == {"status": "ok", "env": "local", "tracing_enabled": True}
    predicted = answer(forwarded.run(PREDICT))
    assert (predicted["prediction"], predicted["model_name"]) == (4.0, "simple-linear-demo")
    assert predicted["latency_ms"] >= 80
    assert re.fullmatch("[0-9a-f]{32}", predicted["trace_id"])


def test_what_the_collector_receives(forwarded: Reader) -> None:
    forwarded.run(PREDICT)
    shown = forwarded.until(COLLECTOR_LOGS, lambda said: "Traces" in said and "Metrics" in said)
    assert '"otelcol.component.id": "debug"' in shown
    assert "error" not in shown.lower()


def test_the_applications_log(deployed: Reader) -> None:
    shown = deployed.run(SERVICE_LOGS)
    for said in ("OpenTelemetry initialized", "Exporting to: http://otel-collector:4317", "Tracing enabled: true"):
        assert said in shown
    stream = deployed.start(FOLLOW_SERVICE)
    assert stream.stdout
    assert stream.stdout.readline()
    stop(stream)


def test_the_load_generator_while_the_metrics_are_watched(forwarded: Reader) -> None:
    watched = forwarded.start(f"timeout 60 {FOLLOW_METRICS}")
    summary = forwarded.lab.json(*LOAD.split()[1:], timeout=90)
    assert (summary["requests"]["successful"], summary["requests"]["failed"]) == (500, 0)
    assert watched.stdout
    assert "metric" in watched.stdout.readline().lower()
    stop(watched)


def test_the_collectors_configuration(deployed: Reader) -> None:
    shown = deployed.run(CONFIG_MAP)
    for said in ("otlp:", "batch:", "debug:", "memory_limiter"):
        assert said in shown


@pytest.mark.parametrize(("command", "code", "expected"), TROUBLESHOOTING)
def test_troubleshooting(deployed: Reader, command: str, code: int, expected: str) -> None:
    pods = {"<pod-name>": "ai-lab-2-2-paid", "<app-pod>": "ai-lab-2-2-paid", "<collector-pod>": "otel-collector"}
    for name, deployment in pods.items():
        command = command.replace(name, deployed.pod(deployment)) if name in command else command
    assert expected in deployed.run(command, code=code)


def test_the_collectors_memory_limit_reaches_the_collector(deployed: Reader) -> None:
    """95 % of its 256 MiB, as the kubelet works it out."""
    assert "GOMEMLIMIT=256000000" in deployed.run("docker exec mcp-cluster-control-plane sh -c 'cat /proc/*/environ'", code=None)


def test_the_viewer_is_an_addition_and_labctl_is_at_home(deployed: Reader) -> None:
    lab = deployed.lab
    for command in ("up", "down"):
        assert "was not created for the lab" in lab.run(command, code=3).stderr
    for line in ADD_VIEWER.strip().splitlines():
        deployed.run(line)
    deployed.until(GET_PODS, ready("otel-collector", "ai-lab-2-2-paid", "ai-lab-2-2-viewer"))
    status = lab.json("status")
    assert (status["target"], status["state"]) == ("kind", "ready")
    assert status["components"][0]["image"] == "ai-lab-2-2-paid:v1"
    assert lab.json("load", "-n", "50")["ledger"]["lost"] == []


def test_the_cleanup(deployed: Reader) -> None:
    for line in CLEAN_UP.strip().splitlines():
        assert "deleted" in deployed.run(line)
    assert "Deleted nodes" in deployed.run(DELETE_CLUSTER)
