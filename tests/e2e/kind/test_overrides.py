"""Overrides of the manifests: kept until they are taken back, also without the state folder, and each replica tells its name.

One lab has all of them, since a change of each costs two rollouts.
"""

import shutil
import subprocess
from collections.abc import Iterator

import pytest

from labctl.host.http import get
from tests.driver import Driver
from tests.e2e.kind.test_replacement import kubectl

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
GIVEN = {"service.limits.cpu": "750m", "collector.limits.memory": "100Mi"}


@pytest.fixture(scope="module")
def lab(kind_lab: Driver) -> Iterator[Driver]:
    words = [word for name, value in GIVEN.items() for word in ("--set", f"{name}={value}")]
    kind_lab.run("up", *words, "--timeout", "180s", timeout=240)
    yield kind_lab
    kind_lab.run("up", "--unset", "all", "--timeout", "180s", timeout=240)


def node_of(lab: Driver) -> str:
    argv = ["docker", "ps", "--quiet", "--no-trunc", "--filter", f"name=^{lab.name}-control-plane$"]
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=20).stdout.strip()


def pods_of(lab: Driver) -> set[str]:
    return set(kubectl(lab, "get", "pods", "--output", "name").split())


def limits(lab: Driver) -> dict[str, tuple[float, int]]:
    return {one["component"]: (one["cpu_limit"], one["memory_limit"]) for one in lab.json("top")["components"]}


def test_they_are_shown_and_hold(lab: Driver) -> None:
    assert lab.json("status")["overrides"] == GIVEN
    rows = {row["name"]: row for row in lab.json("config")["settings"]}
    assert (rows["service.limits.cpu"]["value"], rows["service.limits.cpu"]["source"]) == ("750m", "the lab")
    found = limits(lab)
    assert (found["service"][0], found["collector"][1]) == (0.75, 100 << 20)


def test_up_without_the_state_folder_keeps_the_cluster_and_what_was_set(lab: Driver) -> None:
    """The folder only makes things faster: what was deleted there is found again in the cluster."""
    node, pods = node_of(lab), pods_of(lab)
    shutil.rmtree(lab.state / lab.name)
    lab.run("up", timeout=200)
    assert node_of(lab) == node != ""
    assert pods_of(lab) <= pods         # none is new; one that was replaced may have ended meanwhile
    assert lab.json("status")["overrides"] == GIVEN


def test_each_pod_of_the_service_names_itself(lab: Driver) -> None:
    """Without it, `labctl why` could not tell a slow replica from the others."""
    lab.run("up", "--set", "service.replicas=2", "--timeout", "180s", timeout=240)
    lab.run("load", "-n", "200", "-c", "20", "--rps", "50", timeout=120)
    run_id = lab.json("runs")["runs"][-1]["run_id"]
    origins = get(f"{lab.url('VIEWER')}/api/spans?run={run_id}", timeout_s=10).json()["origins_table"]
    pods = {one["resource"].get("k8s.pod.name") for one in origins if one["service"] != "labctl"}
    assert len(pods) == 2
    assert None not in pods
    compared = lab.json("why", "last", "--above", "1ms", code=None)
    assert compared["requests"] == 200


def test_they_are_taken_back(lab: Driver) -> None:
    lab.run("up", "--unset", "all", "--timeout", "180s", timeout=240)
    assert lab.json("status")["overrides"] == {}
    assert limits(lab)["service"][0] == 0.5
