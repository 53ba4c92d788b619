"""A real healthy lab with one thing changed in it."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from labctl.findings import Finding, Kind
from labctl.model import Usage
from labctl.targets.kubernetes import rules
from labctl.targets.kubernetes.snapshot import NodeState, Observed, unix
from tests.unit.targets.kubernetes.real import read, snapshot
from tests.unit.targets.kubernetes.rules.test_real_faults import last_moment

OBJECTS = read("healthy")
MIB = 1 << 20


def lab(**more: Any) -> Observed:
    return snapshot(deepcopy(OBJECTS), last_moment(OBJECTS), **more)


def the(seen: Observed, kind: str, name: str) -> dict[str, Any]:
    found = seen.get(kind, name)
    assert found
    return found


def without(seen: Observed, kind: str, name: str) -> Observed:
    kept = [item for item in seen.items(kind) if item["metadata"]["name"] != name]
    return replace(seen, objects={**seen.objects, kind: kept})


def using(cpu: float = 0.1, throttled: float = 0.0, memory: int = 100 * MIB) -> Observed:
    return lab(usage={"service": Usage("service", cpu, 0.5, memory, 512 * MIB, throttled)})


def only(seen: Observed) -> Finding:
    (found,) = rules.findings(seen)
    return found


@pytest.mark.parametrize(("name", "suspect"), [("otel-collector", True), ("ai-lab-2-2-paid", False)])
def test_two_replicas_are_a_notice(name: str, suspect: bool) -> None:
    """Only the service is made to have several."""
    seen = lab()
    deployment = the(seen, "Deployment", name)
    deployment["spec"]["replicas"] = 2
    deployment["status"] |= {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}
    found = only(seen)
    assert (found.rule, found.kind, found.remedy) == ("changed-by-hand", Kind.NOTICE, "labctl up")
    assert found.suspect is suspect
    assert "spec.replicas: 2 instead of 1" in found.evidence[0].text


def test_throttling_is_named_with_its_share_and_where_the_limit_comes_from() -> None:
    found = only(using(cpu=0.5, throttled=0.93))
    assert found.rule == "throttled"
    assert "93 %" in found.message
    assert "manifests/deployment.yaml" in str(found.evidence)
    assert found.remedy == "labctl up --set service.limits.cpu=1"


@pytest.mark.parametrize(("cpu", "throttled"), [(0.5, 0.1), (0.1, 0.8), (0.0, 0.0)])
def test_a_busy_moment_is_no_throttling(cpu: float, throttled: float) -> None:
    assert rules.findings(using(cpu, throttled)) == []


def test_memory_near_its_limit() -> None:
    found = only(using(memory=500 * MIB))
    assert (found.rule, found.kind, found.suspect) == ("memory-near-limit", Kind.NOTICE, True)
    assert found.remedy == "labctl up --set service.limits.memory=1024Mi"


def test_a_policy_that_is_missing_denies_where_policies_are_enforced() -> None:
    seen = without(lab(node=NodeState(enforces_policies=True)), "NetworkPolicy", "otel-collector-to-viewer")
    found = only(seen)
    assert (found.rule, found.kind, found.component) == ("policy-denies", Kind.CAUSE, "collector")
    assert "egress" in found.message
    assert found.remedy == "labctl up"
    unenforced = only(replace(seen, node=NodeState(enforces_policies=False)))
    assert (unenforced.kind, unenforced.suspect) == (Kind.NOTICE, True)


def test_a_policy_of_somebody_else_is_the_one_to_delete() -> None:
    seen = lab(node=NodeState(enforces_policies=True))
    for item in list(seen.items("NetworkPolicy")):
        seen = without(seen, "NetworkPolicy", item["metadata"]["name"])
    foreign = {"kind": "NetworkPolicy", "metadata": {"name": "wall"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}
    seen = replace(seen, objects={**seen.objects, "NetworkPolicy": [foreign]}, desired=[])
    found = [one for one in rules.findings(seen) if one.rule == "policy-denies"]
    assert found
    assert all("delete networkpolicy wall" in one.remedy for one in found)


def test_a_node_that_is_not_ready_or_short_of_disk() -> None:
    seen = lab()
    node = seen.items("Node")[0]
    for condition in node["status"]["conditions"]:
        condition["status"] = {"Ready": "Unknown", "DiskPressure": "True"}.get(condition["type"], condition["status"])
    assert {one.rule for one in rules.findings(seen)} == {"node-not-ready", "node-pressure"}


def test_a_stopped_kubelet_is_named_before_the_node_is_not_ready() -> None:
    found = only(lab(node=NodeState(stopped={"kubelet": "docker exec node systemctl start kubelet"})))
    assert (found.rule, found.remedy) == ("node-service-stopped", "docker exec node systemctl start kubelet")


def test_a_clock_that_is_off_is_named_and_one_that_is_not_is_not() -> None:
    assert only(lab(node=NodeState(clock_ahead_s=-12.0))).rule == "clock-skew"
    assert rules.findings(lab(node=NodeState(clock_ahead_s=0.4))) == []


def test_a_secret_in_a_changed_variable_is_not_shown() -> None:
    seen = lab()
    deployment = the(seen, "Deployment", "ai-lab-2-2-paid")
    deployment["spec"]["template"]["spec"]["containers"][0]["env"].append({"name": "API_TOKEN", "value": "hunter2hunter2"})
    variable: dict[str, Any] = {'k:{"name":"service"}': {"f:env": {'k:{"name":"API_TOKEN"}': {}}}}
    fields = {"f:spec": {"f:template": {"f:spec": {"f:containers": variable}}}}
    deployment["metadata"]["managedFields"].append({"manager": "kubectl-set", "operation": "Update", "fieldsV1": fields})
    found = only(seen)
    assert "API_TOKEN" in found.evidence[0].text
    assert "hunter2" not in repr(found)


def test_a_rule_that_cannot_read_an_object_is_said_and_the_others_still_look() -> None:
    seen, failed = without(lab(), "Service", "otel-collector-node-port"), list[str]()
    del the(seen, "NetworkPolicy", "otel-collector")["spec"]
    found = rules.findings(seen, failed)
    assert "service-missing" in {one.rule for one in found}
    assert any("KeyError" in one for one in failed)


def test_a_component_that_is_busy_freeing_memory_lacks_memory_and_not_cpu() -> None:
    found = only(using(cpu=0.5, throttled=0.9, memory=510 * MIB))
    assert (found.rule, found.kind) == ("memory-near-limit", Kind.CAUSE)


def test_a_container_that_has_just_begun_may_be_throttled() -> None:
    seen = using(cpu=0.5, throttled=0.9)
    pod = next(one for one in seen.items("Pod") if one["metadata"]["name"].startswith("ai-lab-2-2-paid"))
    began = unix(pod["status"]["containerStatuses"][0]["state"]["running"]["startedAt"])
    assert began
    assert rules.findings(replace(seen, at=began + 5.0)) == []


@pytest.mark.parametrize(("ready", "rules_found"), [(0.0, []), (3.0, ["throttled"])])
def test_the_start_of_a_container_is_no_throttling(ready: float, rules_found: list[str]) -> None:
    seen = using(cpu=0.5, throttled=0.93)
    (pod,) = [item for item in seen.items("Pod") if item["metadata"]["name"].startswith("ai-lab-2-2-paid")]

    def ago(seconds: float) -> str:
        return datetime.fromtimestamp(seen.at - seconds, UTC).isoformat()

    pod["status"]["containerStatuses"][0]["state"] = {"running": {"startedAt": ago(6)}}
    for condition in pod["status"]["conditions"]:
        condition["lastTransitionTime"] = ago(ready)
    assert [found.rule for found in rules.findings(seen)] == rules_found
