"""Faults are made and taken back in a lab of processes: with a lease, after a kill, and without the state folder."""

import json
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driver import Driver, a_name, collector_on_path

pytestmark = pytest.mark.skipif(not collector_on_path(), reason="no collector on the PATH: its faults are not tested here")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    driver = Driver(a_name("faults"), tmp_path_factory.mktemp("lab") / "state", settings={"DEFAULT_LATENCY_MS": "5"})
    yield driver
    driver.run("down", code=None)


@pytest.fixture
def lab(shared: Driver) -> Driver:
    """With no fault on, and whole: `up` puts back what the test before has left."""
    shared.run("up", "--set", "LATENCY_JITTER=3%")
    return shared


def faults_json(lab: Driver) -> Path:
    return lab.state / lab.name / "faults.json"


def service_variables(lab: Driver) -> dict[str, str]:
    content = Path(f"/proc/{lab.pids()['service']}/environ").read_bytes().decode()
    return dict(pair.split("=", 1) for pair in content.split("\0") if "=" in pair)


def test_broken_and_mended_with_the_settings_of_before(lab: Driver) -> None:
    before = service_variables(lab)
    lab.run("break", "wrong-port", "viewer-gone")
    assert service_variables(lab)["OTEL_EXPORTER_OTLP_ENDPOINT"] != before["OTEL_EXPORTER_OTLP_ENDPOINT"]
    assert lab.json("status", code=5)["faults"]["faults"] == ["wrong-port", "viewer-gone"]
    lab.run("check", "--timeout", "1s", code=5)
    assert lab.json("mend", "viewer-gone") | {"apiVersion": "", "kind": ""} == {
        "apiVersion": "", "kind": "", "mended": ["viewer-gone"], "left": 1,
    }
    assert lab.json("mend")["mended"] == ["wrong-port"]
    assert service_variables(lab) == before
    assert lab.json("mend")["mended"] == []
    lab.run("check")


def test_a_random_fault_is_not_named(lab: Driver) -> None:
    said = lab.run("break", "--random")
    names = [one["name"] for one in json.loads(lab.run("break", "--list", "-o", "json").stdout)["faults"]]
    shown = said.stdout + said.stderr + lab.run("status", code=None).stdout + faults_json(lab).read_text()
    assert not [name for name in names if name in shown]
    assert "1 fault is on" in said.stdout
    assert lab.json("mend")["mended"][0] in names


def test_up_takes_it_back_and_says_so(lab: Driver) -> None:
    lab.run("break", "collector-suspended")
    assert "1 fault is on" in lab.run("up").stderr
    assert not faults_json(lab).exists()
    lab.run("check")


def test_the_next_command_mends_what_has_been_on_long_enough(lab: Driver) -> None:
    lab.run("break", "collector-gone", "--for", "10ms")
    lab.run("check")
    assert not faults_json(lab).exists()


@pytest.mark.parametrize("after_s", [0.3, 0.6, 1.0])
def test_killed_while_it_breaks(lab: Driver, after_s: float) -> None:
    before = service_variables(lab)
    process = lab.start("break", "port-taken", "locked-store")
    time.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    lab.run("mend")
    assert service_variables(lab) == before
    assert not faults_json(lab).exists()
    lab.run("check")


def test_mended_without_the_state_folder(lab: Driver) -> None:
    lab.run("break", "sampler-off")
    shutil.rmtree(lab.state)
    lab.run("mend")
    assert "OTEL_TRACES_SAMPLER" not in service_variables(lab)
    lab.run("check")


def test_down_leaves_no_program_beside_the_lab(tmp_path: Path) -> None:
    driver = Driver(a_name("faults"), tmp_path)
    with driver.up():
        driver.run("break", "port-taken")
    with driver.up():
        driver.run("check")


def test_one_fault_does_not_hide_another(lab: Driver) -> None:
    lab.run("break", "collector-gone")
    assert "collector-suspended" in lab.run("break", "collector-suspended", code=3).stderr
    lab.run("break", "nonsense", code=2)
    lab.run("break", code=2)
    lab.run("break", "quota", code=3)
