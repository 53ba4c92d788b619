"""The state folder only makes things faster: what was deleted there is found again in the cluster."""

import shutil
import subprocess

import pytest

from tests.driver import Driver

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def node_of(lab: Driver) -> str:
    argv = ["docker", "ps", "--quiet", "--no-trunc", "--filter", f"name=^{lab.name}-control-plane$"]
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=20).stdout.strip()


def test_up_without_the_state_folder_keeps_the_cluster_and_what_was_set(kind_lab: Driver) -> None:
    kind_lab.run("up", "--set", "collector.limits.memory=300Mi", timeout=120)
    before = node_of(kind_lab)
    shutil.rmtree(kind_lab.state / kind_lab.name)
    kind_lab.run("up", timeout=200)
    assert node_of(kind_lab) == before != ""
    assert kind_lab.json("status")["overrides"] == {"collector.limits.memory": "300Mi"}
    kind_lab.run("up", "--unset", "all", timeout=120)
