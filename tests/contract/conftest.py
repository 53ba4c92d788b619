"""One suite, every implementation: the lab with the real collector, and with the viewer in its place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driver import Driver, collector_on_path, path_without_collector


@pytest.fixture(scope="module", params=["otelcol", "embedded"])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """A lab that is up, shared by a module because each one costs a second."""
    with fresh_lab(request.param, tmp_path_factory.mktemp("state")).up() as driver:
        yield driver


@pytest.fixture(params=["otelcol", "embedded"])
def own_lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Driver]:
    """A lab that is not up yet, for tests that change it."""
    driver = fresh_lab(request.param, tmp_path)
    yield driver
    driver.run("down", code=None)


def fresh_lab(kind: str, state: Path) -> Driver:
    if kind == "otelcol" and not collector_on_path():
        pytest.skip("no otelcol-contrib or otelcol on the PATH: the lab with the real collector is not tested here")
    path = path_without_collector() if kind == "embedded" else None
    driver = Driver(f"contract-{kind}-{state.name[-8:].strip('-_')}".lower().replace("_", "-"), state)
    if path:
        driver.path = path
    driver.settings["DEFAULT_LATENCY_MS"] = "20"
    return driver
