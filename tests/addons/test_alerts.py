"""A lab with objectives and Alertmanager: a fault makes its own alert fire and no other, and mending it resolves the alert."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cases.spans import wait_until
from tests.contract.test_json import printed
from tests.driver import Driver, a_name, free_ports

PROGRAMS = ("otelcol-contrib", "prometheus", "alertmanager")
LATENCY, ERRORS = "p99<500ms", "errors<1%"
SCALE = 360
FIRES_S = RESOLVES_S = 120
BURN = ("ErrorBudgetBurn", LATENCY)
FAULTS = {
    "slow-model": BURN, "failing-model": ("ErrorBudgetBurn", ERRORS),
    "collector-gone": ("CollectorDown", ""), "service-gone": ("ServiceSilent", ""),
    "viewer-gone": ("ExportFails", ""), "sender-token": ("ServiceSilent", ""),
}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason=f"{', '.join(PROGRAMS)} are not all on the PATH"),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    driver = Driver(a_name("alerts"), Path(tmp_path_factory.mktemp("lab")))
    with driver.up("--with", f"prometheus:{free_ports(1)[0]},alertmanager"):
        yield driver


@pytest.fixture(scope="module")
def load(lab: Driver) -> Iterator[None]:
    process = lab.start("load", "--rps", "10", "--duration", "30m", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield
    process.terminate()
    process.wait(60)


def test_objectives_are_set_without_replacing_anything(lab: Driver) -> None:
    before = lab.instances()
    assert "no service level objectives" in lab.run("slo", code=1).stderr
    lab.run("slo", f"{LATENCY},{ERRORS}", "--scale", str(SCALE), timeout=200)
    assert lab.instances() == before
    found = printed(lab, "slo")
    assert (found["slo"], found["loaded"]) == (f"{LATENCY},{ERRORS},scale={SCALE}", True)
    assert [one["objective"] for one in found["objectives"]] == [LATENCY, ERRORS]
    lab.run("up")
    assert lab.json("slo")["slo"] == found["slo"]


def test_a_healthy_lab_uses_little_of_its_budget_and_has_no_alert(lab: Driver, load: None) -> None:
    wait_until(lambda: all((one["requests"] or 0) > 50 for one in lab.json("slo")["objectives"]), 60)
    assert all(one["measured"] >= one["target"] and 0 < one["left"] <= 1 for one in lab.json("slo")["objectives"])
    assert printed(lab, "alerts")["firing"] == []
    assert "No alert fires" in lab.run("alerts").stdout


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_makes_its_alert_fire_and_no_other(lab: Driver, load: None, fault: str) -> None:
    lab.run("break", fault)
    wait_until(lambda: FAULTS[fault] in firing(lab, FAULTS[fault]), FIRES_S)
    shown = printed(lab, "alerts", code=5)["firing"]
    assert {(one["name"], one["objective"]) for one in shown} == {FAULTS[fault]}
    assert shown[0]["finding"]["remedy"]
    lab.run("mend")
    wait_until(lambda: not firing(lab, FAULTS[fault]), RESOLVES_S)
    if fault == "viewer-gone":          # to which Alertmanager could tell nothing
        return
    wait_until(lambda: FAULTS[fault] in {(one["name"], one["objective"]) for one in lab.json("alerts")["resolved"]}, 30)


def firing(lab: Driver, expected: tuple[str, str]) -> set[Any]:
    found = {(one["name"], one["objective"]) for one in lab.json("alerts", code=None)["firing"]}
    assert found <= {expected}
    return found


def test_objectives_are_taken_back(lab: Driver) -> None:
    lab.run("slo", "off", timeout=200)
    assert "no service level objectives" in lab.run("slo", code=1).stderr
