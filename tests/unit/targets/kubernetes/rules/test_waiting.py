"""A pod that has not begun, and changes by hand that say why, in a real lab."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from labctl.findings import Finding, Kind, Symptom
from labctl.targets.kubernetes import rules
from labctl.targets.kubernetes.snapshot import NodeState, Observed, unix
from tests.unit.targets.kubernetes.real import faulty, snapshot
from tests.unit.targets.kubernetes.rules.test_healthy_changed import lab, only, the
from tests.unit.targets.kubernetes.rules.test_real_faults import last_moment

SERVICE = "ai-lab-2-2-paid"
RESTART = "docker restart node && labctl up"


def waiting(seen: Observed, status: dict[str, Any], after_s: float = 10.0) -> tuple[Observed, dict[str, Any]]:
    """The service's only pod in this state, so many seconds after its creation."""
    deployment = the(seen, "Deployment", SERVICE)
    deployment["status"] = {"observedGeneration": deployment["metadata"]["generation"], "replicas": 1, "updatedReplicas": 1}
    pod = next(one for one in seen.items("Pod") if one["metadata"]["name"].startswith(SERVICE))
    pod["status"] = {"phase": "Pending", **status}
    created = unix(pod["metadata"]["creationTimestamp"])
    assert created
    return replace(seen, at=created + after_s), pod


def words(found: Finding) -> str:
    return " ".join(one.text for one in found.evidence)


def test_a_pod_at_which_no_scheduler_has_looked() -> None:
    seen, pod = waiting(lab(node=NodeState(restart=RESTART)), {})
    del pod["spec"]["nodeName"]
    found = only(seen)
    assert (found.rule, found.kind, found.component, found.remedy) == ("not-scheduled", Kind.CAUSE, "service", RESTART)
    assert "Pending for 10 s; no scheduler has looked at it" in found.message
    assert "PodScheduled absent" in words(found)
    assert rules.findings(replace(seen, at=seen.at - 8.0)) == []        # it may still do so


def test_a_stopped_scheduler_is_the_cause_only_of_what_waits_for_it() -> None:
    stopped = NodeState(stopped={"kube-scheduler": "start it"}, restart=RESTART)
    assert only(lab(node=stopped)).leads_to == frozenset()
    seen, pod = waiting(lab(node=stopped), {})
    del pod["spec"]["nodeName"]
    by_rule = {one.rule: one for one in rules.findings(seen)}
    assert by_rule["node-service-stopped"].leads_to == {Symptom.SERVICE_DOWN}
    assert by_rule["not-scheduled"].symptom is Symptom.SERVICE_DOWN
    assert by_rule["not-scheduled"].remedy == "start it"


def in_init(after_s: float) -> Observed:
    """Of an init container that was added by hand, together with other fields of the Deployment."""
    state = {"name": "wait", "started": False, "state": {"running": {"startedAt": "2026-11-26T00:53:31Z"}}}
    conditions = [{"type": "PodScheduled", "status": "True"}]
    seen, pod = waiting(lab(), {"initContainerStatuses": [state], "conditions": conditions}, after_s)
    container = {"name": "wait", "image": "x", "command": ["sleep", "9999"]}
    pod["spec"]["initContainers"] = [container]
    deployment = the(seen, "Deployment", SERVICE)
    deployment["spec"]["template"]["spec"]["initContainers"] = [deepcopy(container)]
    deployment["spec"]["strategy"] = {"type": "Recreate"}
    fields = {"f:spec": {"f:strategy": {"f:type": {}}, "f:template": {"f:spec": {"f:initContainers": {}}}}}
    deployment["metadata"]["managedFields"].append({"manager": "kubectl-patch", "operation": "Update", "fieldsV1": fields})
    return seen


@pytest.mark.parametrize("after_s", [9.0, 90.0])
def test_an_init_container_that_was_added_is_the_cause_and_other_changes_are_notices(after_s: float) -> None:
    by_rule = {one.rule: one for one in rules.findings(in_init(after_s))}
    waits, changed = by_rule["init-container-waits"], by_rule["changed-by-hand"]
    assert (waits.kind, waits.remedy, changed.kind) == (Kind.CAUSE, "labctl up", Kind.NOTICE)
    assert "its init container wait" in waits.message
    assert "Init:0/1" in words(waits)
    assert "initContainers" in words(waits)
    assert "initContainers" not in words(changed)


def test_a_container_that_is_being_created_for_long() -> None:
    state = {"name": "service", "state": {"waiting": {"reason": "ContainerCreating"}}}
    seen, pod = waiting(lab(), {"containerStatuses": [state], "conditions": [{"type": "PodScheduled", "status": "True"}]}, 30.0)
    pulling = {"reason": "Pulling", "type": "Normal", "message": 'Pulling image "x"', "metadata": {},
               "involvedObject": {"kind": "Pod", "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]}}
    seen = replace(seen, objects={**seen.objects, "Event": [pulling]})
    found = only(seen)
    assert (found.rule, found.kind) == ("pod-being-created", Kind.CAUSE)
    assert "its image is being pulled" in found.message
    assert rules.findings(replace(seen, at=seen.at - 15.0)) == []


def test_changes_of_the_pod_come_first_and_each_is_counted_once() -> None:
    seen = lab()
    deployment = the(seen, "Deployment", SERVICE)
    deployment["spec"]["strategy"] = {"type": "Recreate"}
    deployment["spec"]["template"]["spec"]["hostAliases"] = [{"ip": "10.255.255.1", "hostnames": ["otel-collector"]}]
    alias: dict[str, Any] = {'k:{"ip":"10.255.255.1"}': {"f:hostnames": {}, "f:ip": {}}}
    fields = {"f:spec": {"f:strategy": {"f:type": {}}, "f:template": {"f:spec": {"f:hostAliases": alias}}}}
    deployment["metadata"]["managedFields"].append({"manager": "kubectl-patch", "operation": "Update", "fieldsV1": fields})
    wanted = next(one for one in seen.desired if (one["kind"], one["metadata"]["name"]) == ("Deployment", SERVICE))
    wanted["spec"]["template"]["spec"]["hostAliases"] = [{"ip": "10.96.0.43", "hostnames": ["otel-collector"]}]
    found = only(seen)
    assert f"Deployment {SERVICE}, hostAliases and " in found.message
    assert [one.text.partition(":")[0] for one in found.evidence].count("spec.template.spec.hostAliases") == 1
    assert not any("hostAliases[" in one.text for one in found.evidence)


def test_evidence_that_says_the_same_twice_is_merged() -> None:
    objects = faulty("replicas")
    found = next(one for one in rules.findings(snapshot(objects, last_moment(objects))) if one.rule == "scaled-to-zero")
    assert [one.text for one in found.evidence if one.text.startswith("spec.replicas")] == [
        next(one.text for one in found.evidence if "instead of 1" in one.text),
    ]
