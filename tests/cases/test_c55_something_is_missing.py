"""C55: a Service is deleted, a Deployment has 0 replicas, a new pod fails beside the old one: degraded, with what is missing and
the line that mends it; and `up` mends it. C56: the ConfigMap of a pod is missing, and the kubelet's sentence says so.
"""

from typing import Any

import pytest

from labctl.components import COLLECTOR
from labctl.model import State
from labctl.targets.kubernetes.health import Published, Workload, health
from labctl.targets.kubernetes.workload import diagnosis
from labctl.targets.kubernetes.workload.observed import Observed
from tests.driver import Driver
from tests.e2e.kind.test_replacement import kubectl, until

NAME = COLLECTOR.cluster.deployment
PUBLISHED = {"otlp_grpc": Published("http://127.0.0.1:4317", 30317)}
SENTENCE = 'MountVolume.SetUp failed for volume "config" : configmap "otel-collector-config" not found'


def deployment(*, replicas: int = 1, available: int = 1, updated: int = 1, manager: str = "labctl") -> dict[str, Any]:
    managed = [{"manager": name, "fieldsV1": {"f:spec": {}}} for name in ("labctl", manager)]
    return {
        "metadata": {"name": NAME, "generation": 2, "managedFields": managed},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "a"}}},
        "status": {
            "observedGeneration": 2, "replicas": max(available, 1), "availableReplicas": available, "updatedReplicas": updated,
        },
    }


def pod(name: str, created: str, status: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "uid": name, "creationTimestamp": created, "labels": {"app": "a"}},
        "spec": {"containers": [{"image": "i:t"}], **spec}, "status": {"containerStatuses": [status], "startTime": created},
    }


def service(node_port: int = 30317) -> dict[str, Any]:
    return {"metadata": {"name": NAME}, "spec": {"ports": [{"nodePort": node_port}]}}


GOOD = pod("old", "2026-01-01T00:00:00Z", {"ready": True, "state": {"running": {}}})
BAD = pod("new", "2026-01-02T00:00:00Z", {"ready": False, "image": "i:gone", "state": {"waiting": {"reason": "ErrImagePull"}}})


def seen(of: dict[str, Any], *pods: dict[str, Any], services: dict[str, Any] | None = None) -> Any:
    there = {NAME: service()} if services is None else services
    return health(COLLECTOR, Workload(Observed(list(pods)), {NAME: of}, there), PUBLISHED)


def test_as_it_should_be() -> None:
    assert seen(deployment(), GOOD).state is State.READY


@pytest.mark.parametrize(("found", "said"), [
    (seen(deployment(), GOOD, services={}), f"the Service {NAME} is missing"),
    (seen(deployment(replicas=0, available=0)), "scaled to 0 replicas"),
    (seen(deployment(), GOOD, services={NAME: service(31000)}), "no Service has the node port 30317"),
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
    ending = pod("old", "1", {}) | {"metadata": {"name": "old", "deletionTimestamp": "3", "labels": {"app": "a"}}}
    alone = next(diagnosis.deployment_causes(deployment(), Observed([new])))
    beside = next(diagnosis.deployment_causes(deployment(), Observed([new, ending])))
    assert (alone.final, beside.final) == (True, False)
    assert "while old is ending" in beside.message


def test_a_config_map_that_is_missing_is_said_in_the_kubelets_words() -> None:
    """C56."""
    volumes = [{"name": "config", "configMap": {"name": "otel-collector-config"}}]
    waiting = pod("new", "2", {"ready": False, "state": {"waiting": {"reason": "ContainerCreating"}}}, volumes=volumes)
    events = [{"reason": "FailedMount", "message": SENTENCE, "lastTimestamp": "3", "involvedObject": {"uid": "new"}}]
    cause = diagnosis.find_cause([deployment()], Observed([waiting], events, frozenset({"other"})))
    assert cause
    assert cause.final
    assert "the ConfigMap otel-collector-config that it mounts is missing" in cause.message
    assert cause.seen == SENTENCE
    there = Observed([waiting], events, frozenset({"otel-collector-config"}))
    mounted = diagnosis.find_cause([deployment()], there)
    assert mounted
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
