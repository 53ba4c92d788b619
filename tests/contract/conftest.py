"""One suite, every implementation: with the real collector, with the viewer in its place, and in a cluster."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driver import Driver, a_name, collector_on_path, path_without_collector

LOCAL = ("otelcol", "embedded")
PLENTY_S = 40.0                         # for what comes by itself, on a busy machine
MARKS = [pytest.mark.e2e, pytest.mark.timeout(300)]
IN_A_CLUSTER = pytest.param("kind", marks=MARKS)
# for what asks the same endpoints in the same way, wherever they are: in a cluster it is part of make soak
at_any_endpoints = pytest.mark.parametrize(
    "lab", [*LOCAL, pytest.param("kind", marks=[*MARKS, pytest.mark.slow])], indirect=True,
)


@pytest.fixture(scope="module", params=[*LOCAL, IN_A_CLUSTER])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """A lab that is up, shared by a module because each one costs a second."""
    if request.param == "kind":
        driver: Driver = request.getfixturevalue("kind_lab")
        driver.run("up")
        yield driver
        return
    with fresh_lab(request.param, tmp_path_factory.mktemp("state")).up() as driver:
        yield driver


@pytest.fixture(params=[*LOCAL, IN_A_CLUSTER])
def own_lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Driver]:
    """A lab for tests that change it: not up yet, or as whoever had it before has left it."""
    if request.param == "kind":
        yield request.getfixturevalue("kind_lab")
        return
    driver = fresh_lab(request.param, tmp_path)
    yield driver
    driver.run("down", code=None)


@pytest.fixture(params=LOCAL)
def processes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Driver]:
    """A lab of plain processes that is not up yet."""
    driver = fresh_lab(request.param, tmp_path)
    yield driver
    driver.run("down", code=None)


def requests(lab: Driver) -> float:
    """As the service's counter has them that has arrived."""
    return sum(one["value"] for one in lab.json("metrics")["series"] if one["name"] == "http_requests_total")


def fresh_lab(kind: str, state: Path) -> Driver:
    if kind == "otelcol" and not collector_on_path():
        pytest.skip("no otelcol-contrib or otelcol on the PATH: the lab with the real collector is not tested here")
    path = path_without_collector() if kind == "embedded" else None
    driver = Driver(a_name(f"contract-{kind}"), state)
    if path:
        driver.path = path
    driver.settings["DEFAULT_LATENCY_MS"] = "20"
    return driver
