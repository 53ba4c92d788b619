"""Faults of a lab in a cluster, made by hand with kubectl: `labctl why` names each first, and its remedy mends the lab."""

import json
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.driver import Driver
from tests.soak.by_hand import mended_by, named_first

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SERVICE, COLLECTOR, VIEWER = "ai-lab-2-2-paid", "otel-collector", "ai-lab-2-2-viewer"
BOTH = (COLLECTOR, f"{COLLECTOR}-node-port")
Kubectl = Callable[..., str]


@pytest.fixture
def lab(kind_lab: Driver) -> Iterator[Driver]:
    yield kind_lab
    kubectl = kubectl_of(kind_lab)
    kubectl("uncordon", kubectl("get", "nodes", "-o", "name").strip())
    kubectl("delete", "resourcequota", "--all")
    kind_lab.run("up", timeout=180)


def kubectl_of(lab: Driver) -> Kubectl:
    kubeconfig = lab.run("kubeconfig").stdout.strip()

    def kubectl(*words: str, stdin: str = "") -> str:
        argv = ["kubectl", "--kubeconfig", kubeconfig, "-n", lab.name, *words]
        return subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=60, check=True).stdout

    return kubectl


def patched(kubectl: Kubectl, what: str, change: dict[str, Any]) -> None:
    kubectl("patch", what, "--type", "strategic", "-p", json.dumps(change))


def pod(kubectl: Kubectl, deployment: str, change: dict[str, Any]) -> None:
    patched(kubectl, f"deployment/{deployment}", {"spec": {"template": {"spec": change}}})


def container(kubectl: Kubectl, change: dict[str, Any]) -> None:
    pod(kubectl, SERVICE, {"containers": [{"name": "service", **change}]})


def variable(kubectl: Kubectl, pair: str) -> None:
    kubectl("set", "env", f"deployment/{SERVICE}", pair)


def limits(kubectl: Kubectl, deployment: str, amount: str) -> None:
    kubectl("set", "resources", f"deployment/{deployment}", f"--requests={amount}", f"--limits={amount}")


def configuration(kubectl: Kubectl, before: str, after: str) -> None:
    text = kubectl("get", "configmap", "otel-collector-config", "-o", "json")
    assert before in text
    kubectl("replace", "-f", "-", stdin=text.replace(before, after))
    kubectl("rollout", "restart", f"deployment/{COLLECTOR}")


def full(kubectl: Kubectl) -> None:
    kubectl("create", "quota", "small", "--hard=pods=1")
    kubectl("rollout", "restart", f"deployment/{SERVICE}")


def cordoned(kubectl: Kubectl) -> None:
    kubectl("cordon", kubectl("get", "nodes", "-o", "name").strip())
    kubectl("delete", "pod", "-l", f"app.kubernetes.io/name={SERVICE}", "--wait=false")


def paused(kubectl: Kubectl) -> None:
    kubectl("rollout", "pause", f"deployment/{SERVICE}")
    variable(kubectl, "APP_ENV=staging")


MADE: dict[str, Callable[[Kubectl], object]] = {
    "service-gone": lambda kubectl: kubectl("scale", f"deployment/{SERVICE}", "--replicas=0"),
    "collector-gone": lambda kubectl: kubectl("scale", f"deployment/{COLLECTOR}", "--replicas=0"),
    "viewer-gone": lambda kubectl: kubectl("scale", f"deployment/{VIEWER}", "--replicas=0"),
    "missing-image": lambda kubectl: kubectl("set", "image", f"deployment/{SERVICE}", "service=ai-lab-2-2-paid:v2"),
    "unusable-setting": lambda kubectl: variable(kubectl, "DEFAULT_LATENCY_MS=ten"),
    "wrong-port": lambda kubectl: variable(kubectl, "OTEL_EXPORTER_OTLP_ENDPOINT=http://otel-collector:4371"),
    "wrong-scheme": lambda kubectl: variable(kubectl, "OTEL_EXPORTER_OTLP_ENDPOINT=https://otel-collector:4317"),
    "sdk-disabled": lambda kubectl: variable(kubectl, "OTEL_SDK_DISABLED=true"),
    "sampler-off": lambda kubectl: variable(kubectl, "OTEL_TRACES_SAMPLER=always_off"),
    "no-collector-service": lambda kubectl: kubectl("delete", "service", *BOTH),
    "collector-selector": lambda kubectl: [
        patched(kubectl, f"service/{name}", {"spec": {"selector": {"app.kubernetes.io/name": "otelcol"}}}) for name in BOTH
    ],
    "node-selector": lambda kubectl: pod(kubectl, SERVICE, {"nodeSelector": {"disktype": "nvme"}}),
    "large-request": lambda kubectl: limits(kubectl, SERVICE, "cpu=64"),
    "memory-limit": lambda kubectl: limits(kubectl, COLLECTOR, "memory=11Mi"),
    "wrong-probe": lambda kubectl: container(kubectl, {"readinessProbe": {"httpGet": {"path": "/readiness", "port": "http"}}}),
    "missing-secret": lambda kubectl: container(kubectl, {"envFrom": [{"secretRef": {"name": "model-credentials"}}]}),
    "forbidden-pod": lambda kubectl: container(kubectl, {"securityContext": {"allowPrivilegeEscalation": True}}),
    "quota": full,
    "cordoned-node": cordoned,
    "paused-rollout": paused,
    "unknown-key": lambda kubectl: configuration(kubectl, "check_interval", "max_recv_msg_size"),
    "debug-only": lambda kubectl: configuration(kubectl, "${env:EXPORTERS:-[debug]}", "[debug]"),
}


@pytest.mark.parametrize("fault", MADE)
def test_it_is_named_first_and_mended_in_kind(lab: Driver, fault: str) -> None:
    MADE[fault](kubectl_of(lab))
    mended_by(lab, named_first(lab, fault)["remedy"])
    lab.run("status")
