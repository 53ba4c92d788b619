"""A lab with objectives and Alertmanager: a fault makes its own alert fire and no other, and mending it resolves the alert."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.addons.alerting import FAILING, OBJECTIVES, SCALE, SLOW, Named, fires, loaded, resolves
from tests.cases.spans import wait_until
from tests.contract.test_json import printed
from tests.driver import Driver, a_name, free_ports

PROGRAMS = ("otelcol-contrib", "prometheus", "alertmanager")
FAULTS: dict[str, Named] = {
    "slow-model": SLOW, "failing-model": FAILING, "collector-gone": ("CollectorDown", ""), "service-gone": ("ServiceSilent", ""),
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
    with loaded(lab):
        yield


def test_objectives_are_set_without_replacing_anything(lab: Driver) -> None:
    before = lab.instances()
    assert "no service level objectives" in lab.run("slo", code=1).stderr
    lab.run("slo", OBJECTIVES, "--scale", str(SCALE), timeout=200)
    assert lab.instances() == before
    found = printed(lab, "slo")
    assert (found["slo"], found["loaded"]) == (f"{OBJECTIVES},scale={SCALE}", True)
    assert [one["objective"] for one in found["objectives"]] == OBJECTIVES.split(",")
    lab.run("up")
    assert lab.json("slo")["slo"] == found["slo"]


def test_a_healthy_lab_uses_little_of_its_budget_and_has_no_alert(lab: Driver, load: None) -> None:
    wait_until(lambda: all((one["requests"] or 0) > 50 for one in lab.json("slo")["objectives"]), 60)
    assert all(one["measured"] >= one["target"] and 0 < one["left"] <= 1 for one in lab.json("slo")["objectives"])
    assert printed(lab, "alerts")["firing"] == []
    assert "No alert fires" in lab.run("alerts").stdout


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_makes_its_alert_fire_and_no_other(lab: Driver, load: None, fault: str) -> None:
    told = fault != "viewer-gone"       # whom Alertmanager could tell nothing
    fires(lab, fault, FAULTS[fault], told=told)
    resolves(lab, FAULTS[fault], told=told)


def test_a_secured_viewer_is_told_with_the_certificate_and_the_token_of_the_time(lab: Driver, load: None) -> None:
    lab.run("up", "--tls", "on", "--mtls", "on", "--auth", "on")
    fires(lab, "failing-model", FAILING)
    lab.run("auth", "rotate", timeout=200)
    lab.run("certs", "rotate", "--ca", timeout=200)
    resolves(lab, FAILING)
    lab.run("up", "--tls", "off", "--mtls", "off", "--auth", "off")
    lab.run("check")


def test_objectives_are_taken_back(lab: Driver) -> None:
    lab.run("slo", "off", timeout=200)
    assert "no service level objectives" in lab.run("slo", code=1).stderr
