"""`labctl why RUN` in a cluster: one of two pods of the service is slow, in a rollout that waits half way."""

import json

import pytest

from tests.driver import Driver
from tests.e2e.kind.test_replacement import kubectl, until
from tests.soak.kind.test_why import SERVICE

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
SLOW = [{"name": "SLOW_SPAN", "value": "model_inference:100%:250ms"}]
HALF_WAY = {"spec": {
    "minReadySeconds": 300,             # till then a new pod serves, and the old one is kept
    "template": {"spec": {"containers": [{"name": "service", "env": SLOW}]}},
}}


def the_slow_pod(lab: Driver) -> str:
    """Once it is ready beside the other one."""
    kubectl(lab, "patch", f"deployment/{SERVICE}", "-p", json.dumps(HALF_WAY))
    by_age = ("get", "pods", "-l", f"app.kubernetes.io/name={SERVICE}", "--sort-by=.metadata.creationTimestamp", "-o", "name")
    assert until(lambda: len(kubectl(lab, *by_age).split()) == 2)
    pods = kubectl(lab, *by_age).split()
    kubectl(lab, "wait", "--for=condition=Ready", "--timeout=60s", *pods)
    return pods[-1].removeprefix("pod/")


def test_one_of_two_replicas_slow(kind_lab: Driver) -> None:
    kind_lab.run("up", timeout=120)
    try:
        pod = the_slow_pod(kind_lab)
        kind_lab.run("load", "-n", "300", "--rps", "50", "-c", "40")
        found = kind_lab.json("why", "last", code=5)["slow"]
        screen = kind_lab.run("why", "last", code=5).stdout
    finally:
        kubectl(kind_lab, "patch", f"deployment/{SERVICE}", "-p", json.dumps({"spec": {"minReadySeconds": None}}))
        kind_lab.run("up", timeout=120)
    first = found["differences"][0]
    assert (first["sort"], first["key"], first["value"]) == ("resource", "k8s.pod.name", pod)
    assert first["group_with"] >= 0.9 * first["group"] >= 20
    assert first["rest_with"] <= 0.3 * first["rest"]
    assert f"k8s.pod.name = {pod}" in screen
    assert f"labctl why {first['trace_id']}" in screen
