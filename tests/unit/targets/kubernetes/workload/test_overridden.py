"""Overrides in the objects of a cluster."""

from typing import Any

from labctl.targets.kubernetes.names import APPLIED, SET
from labctl.targets.kubernetes.workload import overridden
from tests.unit.targets.kubernetes.workload.test_manifests import container, objects

SERVICE, COLLECTOR = "ai-lab-2-2-paid", "otel-collector"


def after(**wanted: str) -> Any:
    given = {name.replace("_", "."): text for name, text in wanted.items()}
    found = overridden.overridden(objects().values(), given)
    return {(item["kind"], item["metadata"]["name"]): item for item in found}


def resources(found: Any, name: str) -> Any:
    return container(found, name)["resources"]


def test_without_overrides_the_objects_are_what_the_manifests_say() -> None:
    assert after() == objects()


def test_only_what_is_overridden_changes() -> None:
    found, before = after(service_limits_cpu="1", service_replicas="2"), objects()
    assert resources(found, SERVICE)["limits"]["cpu"] == "1"
    assert found["Deployment", SERVICE]["spec"]["replicas"] == 2
    changed = {key for key, item in found.items() if item != before[key]}
    assert changed == {("Deployment", SERVICE), ("Namespace", "second")}
    applied = [{key: item[key]["metadata"]["annotations"][APPLIED] for key in changed} for item in (before, found)]
    assert all(applied[0][key] != applied[1][key] for key in changed)


def test_a_request_moves_with_its_limit_and_a_limit_with_its_request() -> None:
    lower = resources(after(service_limits_memory="128Mi"), SERVICE)
    assert (lower["limits"]["memory"], lower["requests"]["memory"]) == ("128Mi", "128Mi")
    higher = resources(after(service_requests_cpu="1"), SERVICE)
    assert (higher["limits"]["cpu"], higher["requests"]["cpu"]) == ("1", "1")
    both = resources(after(service_limits_cpu="2", service_requests_cpu="100m"), SERVICE)
    assert (both["limits"]["cpu"], both["requests"]["cpu"]) == ("2", "100m")


def test_what_moves_with_an_override_is_said() -> None:
    before = list(objects().values())
    assert list(overridden.moved(before, {"service.limits.memory": "128Mi"})) == ["service.requests.memory 256Mi → 128Mi"]
    assert list(overridden.moved(before, {"service.limits.memory": "1Gi", "service.replicas": "2"})) == []


def test_what_is_derived_of_a_limit_refers_to_it() -> None:
    env = {one["name"]: one for one in container(after(collector_limits_memory="512Mi"), COLLECTOR)["env"]}
    assert env["LIMIT_MIB"]["valueFrom"]["resourceFieldRef"]["resource"] == "limits.memory"
    assert "LIMIT_MIB" in env["GOMEMLIMIT"]["value"]


def test_the_namespace_keeps_the_record() -> None:
    namespace = after(service_limits_cpu="1")["Namespace", "second"]
    assert overridden.recorded(namespace) == {"service.limits.cpu": "1"}
    assert overridden.recorded(objects()["Namespace", "second"]) == {}
    assert overridden.recorded(None) == {}


def test_a_record_that_somebody_has_damaged_is_left_out() -> None:
    for text in ("[", "[]", '{"service.limits.cpu": 1, "x.y": "2"}'):
        assert overridden.recorded({"metadata": {"annotations": {SET: text}}}) == {}


def test_an_add_on_has_overrides_too() -> None:
    """Their names are accepted, and `why` proposes them for one that was killed for its memory."""
    deployment = {
        "kind": "Deployment", "metadata": {"name": "prometheus", "annotations": {}},
        "spec": {"template": {"metadata": {}, "spec": {"containers": [{"name": "prometheus", "resources": {}}]}}},
    }
    [found] = overridden.overridden([deployment], {"prometheus.limits.memory": "1Gi"})
    assert found["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"] == {"memory": "1Gi"}
