"""C55: a Service is deleted, a Deployment has 0 replicas, a new pod fails beside the old one: degraded, with what is missing and
the line that mends it; and `up` mends it. C56: the ConfigMap of a pod is missing, and the kubelet's sentence says so.
"""

from typing import Any

import pytest

from labctl.components import COLLECTOR
from labctl.findings import Finding
from labctl.model import State
from labctl.targets.kubernetes.health import health
from labctl.targets.kubernetes.names import LabNames
from labctl.targets.kubernetes.rules import why_not_ready
from labctl.targets.kubernetes.snapshot import Observed, Published
from tests.driver import Driver
from tests.e2e.kind.test_replacement import kubectl, until

NAME = COLLECTOR.cluster.deployment
NAMES = LabNames("lab", "lab")
PUBLISHED = {"otlp_grpc": Published("http://127.0.0.1:4317", 30317)}
SENTENCE = 'MountVolume.SetUp failed for volume "config" : configmap "otel-collector-config" not found'


def deployment(*, replicas: int = 1, available: int = 1, updated: int = 1, manager: str = "labctl") -> dict[str, Any]:
    managed: list[dict[str, Any]] = [
        {"manager": name, "operation": "Apply" if name == "labctl" else "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}}
        for name in ("labctl", manager)
    ]
    return {
        "metadata": {"name": NAME, "generation": 2, "managedFields": managed},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": "a"}},
            "template": {"metadata": {}, "spec": {"containers": [{"name": "collector"}]}},
        },
        "status": {
            "observedGeneration": 2, "replicas": max(available, 1), "availableReplicas": available, "updatedReplicas": updated,
        },
    }


def meta(name: str, **more: str) -> dict[str, Any]:
    """Of a pod that the Deployment's ReplicaSet has made."""
    owner = {"kind": "ReplicaSet", "name": f"{NAME}-5d9f", "controller": True}
    return {"name": name, "uid": name, "labels": {"app": "a", "pod-template-hash": "5d9f"}, "ownerReferences": [owner], **more}


def pod(name: str, created: str, status: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {
        "metadata": meta(name, creationTimestamp=created),
        "spec": {"containers": [{"name": "collector", "image": "i:t"}], **spec},
        "status": {"containerStatuses": [status], "startTime": created},
    }


def service(node_port: int = 30317) -> dict[str, Any]:
    ports = [{"port": 4317, "nodePort": node_port}]
    return {"metadata": {"name": NAME}, "spec": {"selector": {"app": "a"}, "ports": ports}}


GOOD = pod("old", "2026-01-01T00:00:00Z", {"ready": True, "state": {"running": {}}})
BAD = pod("new", "2026-01-02T00:00:00Z", {"ready": False, "image": "i:gone", "state": {"waiting": {"reason": "ErrImagePull"}}})


def seen(of: dict[str, Any], *pods: dict[str, Any], services: tuple[dict[str, Any], ...] = (service(),)) -> Any:
    objects = {"Deployment": [of], "Pod": pods, "Service": services}
    return health("collector", Observed(NAMES, 0.0, objects, published=PUBLISHED))


def causes(of: dict[str, Any], *pods: dict[str, Any], **objects: Any) -> list[Finding]:
    there = {"Deployment": [of], "Pod": pods, **objects}
    return [one for one in why_not_ready(Observed(NAMES, 0.0, there)) if one.component == "collector"]


def test_as_it_should_be() -> None:
    assert seen(deployment(), GOOD).state is State.READY


@pytest.mark.parametrize(("found", "said"), [
    (seen(deployment(), GOOD, services=()), f"the Service {NAME} is missing"),
    (seen(deployment(replicas=0, available=0)), "scaled to 0 replicas"),
    (seen(deployment(), GOOD, services=(service(31000),)), "no Service has the node port 30317"),
    (seen(deployment() | {"status": {"replicas": 2, "availableReplicas": 1}}, GOOD, BAD), "an older pod serves"),
])
def test_degraded_says_what_is_missing_and_what_mends_it(found: Any, said: str) -> None:
    assert found.state is State.DEGRADED
    assert said in found.detail
    assert found.hint == "labctl up"


def test_what_was_changed_by_hand_is_put_back_by_up() -> None:
    """C62: drift made by hand gets no hint to edit a manifest."""
    unschedulable = pod("new", "2026-01-02T00:00:00Z", {}) | {
        "status": {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/1 nodes: 1 Insufficient memory."}],
                   "startTime": "2026-01-02T00:00:00Z"},
    }
    manifest = seen(deployment(available=0, updated=1), unschedulable)
    by_hand = seen(deployment(available=0, updated=1, manager="kubectl-patch"), unschedulable)
    assert "resources.requests" in manifest.hint
    assert by_hand.hint == "labctl up"
    assert "changed by hand" in by_hand.detail


def test_a_pod_that_waits_for_the_room_of_one_that_ends_is_waited_for() -> None:
    """C62: `Insufficient cpu` while old pods terminate."""
    waiting = {"status": {"conditions": [{"type": "PodScheduled", "status": "False", "message": "1 Insufficient cpu."}]}}
    new = pod("new", "2", {}) | waiting
    ending = pod("old", "1", {}) | {"metadata": meta("old", deletionTimestamp="3")}
    (alone,), (beside,) = causes(deployment(), new), causes(deployment(), new, ending)
    assert (alone.final, beside.final) == (True, False)
    assert "while old is terminating" in beside.message


def test_a_config_map_that_is_missing_is_said_in_the_kubelets_words() -> None:
    """C56."""
    volumes = [{"name": "config", "configMap": {"name": "otel-collector-config"}}]
    waiting = pod("new", "2", {"ready": False, "state": {"waiting": {"reason": "ContainerCreating"}}}, volumes=volumes)
    about = {"uid": "new", "kind": "Pod", "name": "new"}
    events = [{"reason": "FailedMount", "message": SENTENCE, "lastTimestamp": "3", "involvedObject": about}]
    (cause,) = causes(deployment(), waiting, Event=events, ConfigMap=[])
    assert cause.final
    assert "the ConfigMap otel-collector-config that it mounts is missing" in cause.message
    assert SENTENCE in cause.evidence[0].text
    (mounted,) = causes(deployment(), waiting, Event=events, ConfigMap=[{"metadata": {"name": "otel-collector-config"}}])
    assert not mounted.final


def component(lab: Driver, name: str) -> dict[str, Any]:
    return next(one for one in lab.json("status", code=None)["components"] if one["name"] == name)


@pytest.mark.e2e
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("words", "name", "said"), [
    (("delete", f"service/{NAME}"), "collector", f"the Service {NAME} is missing"),
    (("delete", "service/ai-lab-2-2-paid-node-port"), "service", "no Service has the node port 30090"),
    (("scale", f"deployment/{NAME}", "--replicas=0"), "collector", "scaled to 0 replicas"),
    (("set", "image", "deployment/ai-lab-2-2-paid", "service=nowhere.example/none:v0"), "service", "an older pod serves"),
])
def test_in_kind(kind_lab: Driver, words: tuple[str, ...], name: str, said: str) -> None:
    kubectl(kind_lab, *words)
    try:
        assert until(lambda: said in component(kind_lab, name)["detail"]), component(kind_lab, name)
        found = kind_lab.json("status", code=5)
        assert found["state"] == "degraded"
        assert found["hints"] == ["labctl up"]
    finally:
        kind_lab.run("up")
    assert kind_lab.json("status")["state"] == "ready"
    kind_lab.run("check")


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_a_deleted_config_map_in_kind(kind_lab: Driver) -> None:
    kubectl(kind_lab, "delete", "configmap/otel-collector-config")
    kubectl(kind_lab, "rollout", "restart", f"deployment/{NAME}")
    try:
        assert until(lambda: "not found" in component(kind_lab, "collector")["detail"]), component(kind_lab, "collector")
    finally:
        kind_lab.run("up")
    kind_lab.run("check")
