"""On kind: a fault makes its own alert fire and no other, mending it resolves the alert, and a secured viewer is told as well."""

from collections.abc import Iterator

import pytest

from tests.addons.alerting import FAILING, OBJECTIVES, SCALE, Named, fires, loaded, resolves
from tests.cases.spans import wait_until
from tests.contract.test_json import printed
from tests.driver import Driver, a_name, kind_is_missing

FAULTS: dict[str, Named] = {
    "failing-model": FAILING, "collector-gone": ("CollectorDown", ""), "collector-selector": ("ServiceSilent", ""),
}
pytestmark = [
    pytest.mark.skipif(bool(kind_is_missing()), reason=kind_is_missing()), pytest.mark.timeout(600), pytest.mark.slow,
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    lab = Driver(a_name("alerts"), tmp_path_factory.mktemp("lab"), target="kind")
    lab.run("up", "--with", "alertmanager", "--slo", f"{OBJECTIVES},scale={SCALE}", timeout=300)
    yield lab
    lab.run("down", code=None, timeout=120)


def test_a_healthy_lab_has_its_objectives_and_no_alert(lab: Driver) -> None:
    with loaded(lab):
        wait_until(lambda: all((one["requests"] or 0) > 50 for one in lab.json("slo")["objectives"]), 90)
        found = printed(lab, "slo")
        assert found["loaded"]
        assert all(one["measured"] >= one["target"] and 0 < one["left"] <= 1 for one in found["objectives"])
        assert printed(lab, "alerts")["firing"] == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_makes_its_alert_fire_and_no_other(lab: Driver, fault: str) -> None:
    with loaded(lab):
        fires(lab, fault, FAULTS[fault])
        resolves(lab, FAULTS[fault])


def test_a_secured_viewer_is_told_with_the_certificate_and_the_token_of_the_time(lab: Driver) -> None:
    lab.run("up", "--tls", "on", "--mtls", "on", "--auth", "on", timeout=300)
    with loaded(lab):
        fires(lab, "failing-model", FAILING)
        lab.run("auth", "rotate", timeout=400)
        lab.run("certs", "rotate", timeout=400)
        resolves(lab, FAILING)
