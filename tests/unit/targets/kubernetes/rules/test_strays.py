"""A pod or an EndpointSlice that is not the lab's, in a real healthy lab."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from labctl.findings import Finding, Kind, Symptom
from labctl.targets.kubernetes import rules
from labctl.targets.kubernetes.rules import strays
from labctl.targets.kubernetes.snapshot import Observed
from tests.unit.targets.kubernetes.rules.test_healthy_changed import lab, only, the

COLLECTOR, SERVICE = "otel-collector", "ai-lab-2-2-paid"


def stray(like: str, name: str = "impostor", **metadata: Any) -> dict[str, Any]:
    """A pod made by hand from one of the lab's: its labels and its ports, but no owner."""
    pod = deepcopy(next(one for one in lab().items("Pod") if one["metadata"]["name"].startswith(like)))
    labels = {key: value for key, value in pod["metadata"]["labels"].items() if key != "pod-template-hash"}
    pod["metadata"] = {"name": name, "namespace": "n", "uid": name, "creationTimestamp": "2027", "labels": labels, **metadata}
    pod["status"]["podIP"] = "10.244.9.9"
    return pod


def with_(seen: Observed, kind: str, *more: dict[str, Any]) -> Observed:
    return replace(seen, objects={**seen.objects, kind: [*seen.items(kind), *more]})


def without_ports(pod: dict[str, Any]) -> dict[str, Any]:
    pod["spec"]["containers"][0].pop("ports")
    return pod


def words(found: Finding) -> str:
    return " ".join(f"{one.source} {one.text}" for one in found.evidence)


@pytest.mark.parametrize(("deployment", "component"), [(COLLECTOR, "collector"), (SERVICE, "service")])
def test_a_pod_with_the_labels_and_no_ports_is_a_notice_and_the_service_is_fine(deployment: str, component: str) -> None:
    found = only(with_(lab(), "Pod", without_ports(stray(deployment))))
    assert (found.rule, found.kind, found.component, found.suspect) == ("stray-pod", Kind.NOTICE, component, False)
    assert found.message.endswith("it has none of the Service's ports")
    assert found.remedy.endswith(" delete pod impostor")
    assert "made by hand" in words(found)


def test_one_that_gets_traffic_is_a_suspect() -> None:
    found = only(with_(lab(), "Pod", stray(SERVICE)))
    assert (found.kind, found.suspect) == (Kind.NOTICE, True)
    assert f"pod impostor matches the selector of the Service {SERVICE} but does not belong to its Deployment" in found.message
    assert {Symptom.SERVICE_DOWN, Symptom.REQUESTS_FAIL} <= found.leads_to


def test_the_components_own_pod_is_the_one_that_its_deployment_has_made() -> None:
    seen = with_(lab(), "Pod", stray(SERVICE), stray(COLLECTOR, "impostor2"))
    assert [workload.pods for workload in seen.workloads()] == [workload.pods for workload in lab().workloads()]


def test_what_makes_the_pod_again_is_to_be_deleted_with_it() -> None:
    made = {"kind": "ReplicaSet", "name": "shadow-1", "controller": True}
    replica_set = {"kind": "ReplicaSet", "metadata": {"name": "shadow-1", "ownerReferences": [
        {"kind": "Deployment", "name": "shadow", "controller": True},
    ]}}
    pods = [stray(SERVICE, name, ownerReferences=[made]) for name in ("shadow-1-a", "shadow-1-b")]
    for pod in pods:
        pod["metadata"]["labels"]["pod-template-hash"] = "1"
    found = only(with_(with_(lab(), "Pod", *pods), "ReplicaSet", replica_set))
    assert "and 1 pod more" in found.message
    assert found.remedy.endswith(" delete deployment shadow")


def test_a_pod_that_ends_or_has_ended_gets_nothing() -> None:
    going, ended = stray(SERVICE, deletionTimestamp="2027"), stray(SERVICE, "ended")
    ended["status"]["phase"] = "Succeeded"
    assert rules.findings(with_(lab(), "Pod", going, ended)) == []


def test_addresses_that_somebody_gave_a_service() -> None:
    seen = lab()
    mine = deepcopy(next(one for one in seen.items("EndpointSlice") if one["metadata"]["name"].startswith(COLLECTOR)))
    mine["metadata"] = {"name": "mine", "labels": {"kubernetes.io/service-name": COLLECTOR}}
    mine["endpoints"] = [{"addresses": ["192.0.2.7"], "conditions": {}}]
    found = only(with_(seen, "EndpointSlice", mine))
    assert (found.rule, found.kind, found.suspect) == ("stray-endpoints", Kind.NOTICE, True)
    assert "192.0.2.7" in found.message
    assert found.remedy.endswith(" delete endpointslice mine")


def test_a_wrong_port_of_the_service_is_judged_by_the_deployments_own_pods() -> None:
    seen = with_(lab(), "Pod", without_ports(stray(SERVICE)))
    the(seen, "Service", SERVICE)["spec"]["ports"][0]["targetPort"] = "nope"
    wrong = next(one for one in rules.findings(seen) if one.rule == "service-port-wrong")
    assert "impostor" not in words(wrong)
    assert [one.rule for one in strays.with_traffic(seen)] == []
