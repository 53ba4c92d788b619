"""More faults made by hand with kubectl: `labctl why` names the cause first, and its remedy, pasted into a shell, mends it."""

import json
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.driver import LABCTL, Driver

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

SERVICE, COLLECTOR, VIEWER = "ai-lab-2-2-paid", "otel-collector", "ai-lab-2-2-viewer"
OFTEN = ("image", "configuration", "selector", "quota")         # in make lessons, see tests/diagnosis
SEEN_WITHIN_S = 60.0                    # until the cluster itself has noticed; a look is repeated till then


@dataclass(frozen=True)
class Fault:
    """How it is made, the rule that names it, and a word of what was broken that has to be in the finding."""

    rule: str
    word: str
    made_by: Sequence[str]              # lines of a shell, in which `k` is kubectl in the lab's namespace
    taken_back_by: Sequence[str] = ()   # where the remedy cannot be all


def patch(name: str, container: str, change: dict[str, Any]) -> str:
    spec = {"spec": {"template": {"spec": {"containers": [{"name": container, **change}]}}}}
    return f"k patch deployment {name} -p '{json.dumps(spec)}'"


def json_patch(what: str, path: str, value: Any) -> str:
    return f"k patch {what} --type=json -p '{json.dumps([{'op': 'add', 'path': path, 'value': value}])}'"


LIMITS = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "tiny"},
          "spec": {"limits": [{"type": "Container", "max": {"memory": "64Mi"}}]}}
WEBHOOK = {
    "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": "gate"},
    "webhooks": [{
        "name": "gate.example.com", "failurePolicy": "Fail", "sideEffects": "None", "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 1, "clientConfig": {"url": "https://127.0.0.1:1/"},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
    }],
}
CONFIG = "k get configmap otel-collector-config -o yaml | sed s/check_interval:/check_intervall:/ | k replace -f -"

FAULTS = {
    "image": Fault("image-missing", "none:v0", [f"k set image deployment/{SERVICE} service=nowhere.example/none:v0"]),
    "command": Fault("command-not-found", "nope", [patch(VIEWER, "viewer", {"command": ["nope"]})]),
    "arguments": Fault(
        "collector-config", "/nowhere.yaml", [patch(COLLECTOR, "collector", {"args": ["--config=/nowhere.yaml"]})],
    ),
    "configuration": Fault("collector-config", "check_intervall", [CONFIG, f"k rollout restart deployment/{COLLECTOR}"]),
    "memory": Fault("out-of-memory", "20Mi", [
        f"k set resources deployment/{SERVICE} --limits=memory=20Mi --requests=memory=20Mi",
    ]),
    "replicas": Fault("scaled-to-zero", COLLECTOR, [f"k scale deployment/{COLLECTOR} --replicas=0"]),
    "deployment": Fault("deployment-missing", VIEWER, [f"k delete deployment {VIEWER}"]),
    "pause": Fault("rollout-paused", "paused", [
        f"k rollout pause deployment/{SERVICE}", f"k set env deployment/{SERVICE} DEFAULT_LATENCY_MS=400",
    ]),
    "service": Fault("service-missing", "otel-collector-node-port", ["k delete service otel-collector-node-port"]),
    "selector": Fault("service-selects-nothing", "nobody", [
        json_patch(f"service {VIEWER}-node-port", "/spec/selector", {"app": "nobody"}),
    ]),
    "target port": Fault("service-port-wrong", "9999", [
        json_patch(f"service {SERVICE}-node-port", "/spec/ports/0/targetPort", 9999),
    ]),
    "node port": Fault("node-port-missing", "30090", [
        json_patch(f"service {SERVICE}-node-port", "/spec/ports/0/nodePort", 31234),
    ]),
    "exporter": Fault("export-endpoint", "otel-colector", [
        f"k set env deployment/{SERVICE} OTEL_EXPORTER_OTLP_ENDPOINT=http://otel-colector:4317",
    ]),
    "quota": Fault("quota-exceeded", "none", [
        "k create quota none --hard=pods=0", f"k delete pod -l app.kubernetes.io/name={VIEWER} --wait=false",
    ]),
    "limit range": Fault("limit-range-refuses", "tiny", [
        f"echo '{json.dumps(LIMITS)}' | k create -f -", f"k delete pod -l app.kubernetes.io/name={VIEWER} --wait=false",
    ]),
    "pod security": Fault("pod-security-refuses", "violates PodSecurity", [
        json_patch(f"deployment {VIEWER}", "/spec/template/spec/hostNetwork", value=True),
    ]),
    "webhook": Fault("webhook-refuses", "gate.example.com", [
        f"echo '{json.dumps(WEBHOOK)}' | k create -f -", f"k delete pod -l app.kubernetes.io/name={VIEWER} --wait=false",
    ], ["k delete validatingwebhookconfiguration gate --ignore-not-found"]),
    "cordon": Fault("node-cordoned", "cordoned", [
        "k cordon -l kubernetes.io/os=linux", f"k delete pod -l app.kubernetes.io/name={COLLECTOR} --wait=false",
    ]),
    "taint": Fault("node-tainted", "lab=closed:NoSchedule", [
        "k taint nodes --all lab=closed:NoSchedule", f"k delete pod -l app.kubernetes.io/name={COLLECTOR} --wait=false",
    ]),
    "node selector": Fault("node-selector-fits-none", "gpu", [
        json_patch(f"deployment {SERVICE}", "/spec/template/spec/nodeSelector", {"gpu": "yes"}),
    ]),
    "requests": Fault("no-room", "Insufficient cpu", [f"k set resources deployment/{SERVICE} --requests=cpu=64 --limits=cpu=64"]),
    "probe path": Fault("probe-fails", "/nope", [
        patch(SERVICE, "service", {"readinessProbe": {"httpGet": {"path": "/nope", "port": "http"}}}),
    ]),
    "probe port": Fault("probe-fails", "9998", [
        patch(SERVICE, "service", {"readinessProbe": {"httpGet": {"path": "/ready", "port": 9998}}}),
    ]),
    "config map": Fault("configmap-missing", "otel-collector-config", [
        "k delete configmap otel-collector-config", f"k delete pod -l app.kubernetes.io/name={COLLECTOR} --wait=false",
    ]),
    "secret": Fault("secret-missing", "model-key", [
        json_patch(f"deployment {SERVICE}", "/spec/template/spec/containers/0/envFrom", [{"secretRef": {"name": "model-key"}}]),
    ]),
    "finalizer": Fault("deletion-stuck", "example.com/hold", [
        f"k patch service {VIEWER}-node-port --type=merge -p '" + '{"metadata":{"finalizers":["example.com/hold"]}}' + "'",
        f"k delete service {VIEWER}-node-port --wait=false",
    ]),
}


def shell(lab: Driver, *lines: str) -> None:
    kubeconfig = lab.run("kubeconfig").stdout.strip()
    env = lab.env | {"PATH": f"{Path(LABCTL).parent}:{lab.env['PATH']}"}
    script = "\n".join((f'k() {{ kubectl --kubeconfig {kubeconfig} -n {lab.name} "$@"; }}', "set -e", *lines))
    done = subprocess.run(["bash", "-c", script], env=env, cwd=lab.cwd, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"


def causes(diagnosis: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in diagnosis["findings"] if one["kind"] == "cause"]


def first_cause(lab: Driver, rule: str) -> dict[str, Any]:
    """Of the first diagnosis in which that rule has found something; the cluster itself needs a while to notice."""
    end = time.monotonic() + SEEN_WITHIN_S
    while True:
        diagnosis = lab.json("why", code=None)
        found = causes(diagnosis)
        if any(one["rule"] == rule for one in found) or time.monotonic() > end:
            assert found, diagnosis
            return found[0]


def break_and_mend(lab: Driver, name: str) -> None:
    """The cause is first, and its remedy, pasted, mends the lab."""
    fault = FAULTS[name]
    try:
        shell(lab, *fault.made_by)
        found = first_cause(lab, fault.rule)
        assert found["rule"] == fault.rule, found
        assert fault.word in json.dumps(found)
        shell(lab, found["remedy"])
    finally:
        if fault.taken_back_by:
            shell(lab, *fault.taken_back_by)
    lab.run("check")
    assert causes(lab.json("why", code=None)) == []


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in OFTEN])
def test_the_cause_is_first_and_its_remedy_mends_it(kind_lab: Driver, name: str) -> None:
    kind_lab.run("up")
    break_and_mend(kind_lab, name)


@pytest.mark.parametrize(("rule", "made_by"), [
    ("node-paused", "docker pause {node}"),
    ("node-service-stopped", "docker exec {node} systemctl stop kubelet"),
    ("node-service-stopped", "docker exec {node} pkill -STOP -f ^kube-scheduler"),
    ("node-service-stopped", "docker exec {node} rm /etc/kubernetes/manifests/kube-scheduler.yaml"),
])
def test_a_node_that_does_not_work(kind_lab: Driver, rule: str, made_by: str) -> None:
    kind_lab.run("up")
    subprocess.run(["bash", "-c", made_by.format(node=f"{kind_lab.name}-control-plane")], check=True, timeout=30)
    found = first_cause(kind_lab, rule)
    assert found["rule"] == rule
    subprocess.run(["bash", "-c", found["remedy"]], check=True, timeout=30)
    kind_lab.run("check", "--timeout", "30s", code=None)
    kind_lab.run("up")
    assert causes(kind_lab.json("why", code=None)) == []


def test_a_pod_that_only_has_the_labels_is_named_by_why_and_status(kind_lab: Driver) -> None:
    kind_lab.run("up")
    own = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    pod = {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "impostor", "labels": {"app.kubernetes.io/name": VIEWER}},
        "spec": {
            "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
                "name": "impostor", "image": "$image", "imagePullPolicy": "Never", "securityContext": own,
                "command": ["python", "-c", "import time; time.sleep(600)"], "ports": [{"name": "http", "containerPort": 9003}],
            }],
        },
    }
    image = f"image=$(k get deployment {VIEWER} -o 'jsonpath={{.spec.template.spec.containers[0].image}}')"
    create = f"k create -f - <<end\n{json.dumps(pod)}\nend"
    try:
        shell(kind_lab, image, create, "k wait --for=condition=Ready pod/impostor --timeout=60s")
        found = next(one for one in kind_lab.json("why", code=None)["findings"] if one["rule"] == "stray-pod")
        assert found["component"] == "viewer"
        viewer = next(one for one in kind_lab.json("status", code=None)["components"] if one["name"] == "viewer")
        assert (viewer["state"], viewer["hint"]) == ("degraded", found["remedy"])
        shell(kind_lab, found["remedy"])
    finally:
        shell(kind_lab, "k delete pod impostor --now --ignore-not-found")
    assert causes(kind_lab.json("why", code=None)) == []
