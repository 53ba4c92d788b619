"""`labctl why RUN` in a cluster: one of two replicas is slow, as something else in its pod takes the CPU time that it may use."""

import json

import pytest

from tests.driver import Driver
from tests.e2e.kind.test_replacement import kubectl
from tests.soak.kind.test_why import SERVICE

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
BURN = "for i in 1 2 3; do timeout 13 sh -c 'while :; do :; done' >/dev/null 2>&1 & done"


def a_pod(lab: Driver) -> str:
    pods = json.loads(kubectl(lab, "get", "pods", "-l", f"app.kubernetes.io/name={SERVICE}", "-o", "json"))["items"]
    names = [pod["metadata"]["name"] for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    assert len(names) == 2, names
    return str(names[0])


def test_one_of_two_replicas_slow_in_kind(kind_lab: Driver) -> None:
    kind_lab.run("up", "--set", "service.replicas=2", timeout=120)
    try:
        pod = a_pod(kind_lab)
        kubectl(kind_lab, "exec", pod, "--", "sh", "-c", BURN)
        kind_lab.run("load", "-n", "400", "--rps", "50", "-c", "40")
        found = kind_lab.json("why", "last", code=5)["slow"]
        screen = kind_lab.run("why", "last", code=5).stdout
    finally:
        kind_lab.run("up", "--unset", "service.replicas", timeout=120)
    first = found["differences"][0]
    assert (first["sort"], first["key"], first["value"]) == ("resource", "k8s.pod.name", pod)
    assert first["group_with"] >= 0.9 * first["group"] >= 5
    assert first["rest_with"] <= 0.7 * first["rest"]
    assert f"k8s.pod.name = {pod}" in screen
    assert f"labctl why {first['trace_id']}" in screen
