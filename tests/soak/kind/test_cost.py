"""`labctl cost` of a lab in a cluster: its pods' requests, what a run measured there, and requests that would do."""

import json
import shlex

import pytest

from labctl.quantity import quantity
from tests.driver import Driver
from tests.e2e.kind.test_replacement import kubectl
from tests.soak.keyed_backend import causes

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
DEPLOYMENTS = {"service": "ai-lab-2-2-paid", "collector": "otel-collector", "viewer": "ai-lab-2-2-viewer"}


def requested(lab: Driver, component: str) -> tuple[float, float]:
    """Cores and bytes, of all pods of the deployment, by kubectl."""
    found = json.loads(kubectl(lab, "get", "deployment", DEPLOYMENTS[component], "-o", "json"))["spec"]
    asked = [one["resources"]["requests"] for one in found["template"]["spec"]["containers"]]
    cpu, memory = (found["replicas"] * sum(quantity(one[name]) or 0 for one in asked) for name in ("cpu", "memory"))
    return cpu, memory


def test_the_bill_is_of_what_runs_in_kind(kind_lab: Driver) -> None:
    kind_lab.run("up", "--set", "service.replicas=2", timeout=240)
    try:
        run = kind_lab.json("load", "-d", "30s", "--rps", "50", timeout=120)
        found = kind_lab.json("cost")
        assert (found["target"], found["telemetry"]) == ("kind", run["telemetry"])
        assert run["telemetry"]["replicas"] == 2
        assert run["telemetry"]["signals"]["traces"]["items"] >= 0.98 * 4 * run["requests"]["sent"]
        prices = {one["row"].rpartition(".")[2]: one["low"] for line in found["lines"] for one in line["prices"]}
        for component in DEPLOYMENTS:
            [line] = [one for one in found["lines"] if (one["group"], one["name"]) == ("pods", component)]
            cpu, memory = requested(kind_lab, component)
            assert line["quantity_from"] == "the running lab"
            assert line["quantity"] == (2 if component == "service" else 1)
            assert line["cost"]["low"] == pytest.approx(730 * (cpu * prices["cpu"] + memory / (1 << 30) * prices["memory"]))
        assert kind_lab.json("cost", "--provider", "kind")["total"] == {"low": 0, "high": 0}
    finally:
        kind_lab.run("up", "--unset", "service.replicas", timeout=240)


def test_the_requests_that_would_do_are_enough_in_kind(kind_lab: Driver) -> None:
    """The line that the screen prints is pasted, and the same load runs as before."""
    before = kind_lab.json("load", "-d", "30s", "--rps", "50", timeout=120)
    shown = kind_lab.run("cost", "--right-size").stdout
    words = shlex.split(shown[shown.index("labctl up"):].replace("\\\n", " "), comments=True)
    sets = [word for word in words[2:] if "=" in word]
    assert len(sets) == 12
    try:
        kind_lab.run("up", *(word for one in sets for word in ("--set", one)), timeout=240)
        after = kind_lab.json("load", "-d", "30s", "--rps", "50", timeout=120)
        assert (after["requests"]["failed"], after["ledger"]["lost_spans"]) == (0, 0)
        assert causes(kind_lab) == []
        assert after["requests"]["successful"] == pytest.approx(before["requests"]["successful"], rel=0.05)
    finally:
        kind_lab.run("up", "--unset", "all", timeout=240)
