"""C34: a component that ends while it starts is told at once, with its exit code and its own last line."""

import os
import signal
from pathlib import Path

import psutil
import pytest

from labctl.host import waiting
from tests.driver import Driver, a_name


@pytest.fixture
def driver(tmp_path: Path) -> Driver:
    return Driver(a_name("case"), tmp_path)


def test_the_service_says_which_variable_is_wrong(driver: Driver) -> None:
    driver.settings["MAX_BATCH_SIZE"] = "many"
    done = driver.run("up", "--timeout", "60s", code=2)
    assert "MAX_BATCH_SIZE='many' cannot be used" in done.stderr
    assert "the lab was not changed" in done.stderr


def test_what_an_earlier_run_said_is_not_taken_for_the_cause(driver: Driver) -> None:
    log = driver.state / driver.name / "logs" / "service.log"
    log.parent.mkdir(parents=True)
    log.write_text("said long ago\n")
    driver.settings["MAX_BATCH_SIZE"] = "many"
    assert "said long ago" not in driver.run("up", code=2).stderr


def test_a_component_that_was_killed_or_stopped_is_named_and_mended(driver: Driver) -> None:
    with driver.up():
        pids = driver.pids()
        os.kill(pids["service"], signal.SIGSTOP)
        os.kill(pids["collector"], signal.SIGKILL)
        waiting.until(lambda: not psutil.pid_exists(pids["collector"]), 10)
        status = driver.json("status", code=5)
        states = {one["name"]: one for one in status["components"]}
        assert status["state"] == "degraded"
        assert states["service"]["state"] == "failed"
        assert "stopped" in states["service"]["detail"]
        assert states["service"]["hint"] == f"kill -CONT {pids['service']}"
        assert states["collector"]["state"] == "absent"
        assert f"labctl up --lab {driver.name}" in driver.run("status", code=5).stdout
        driver.run("up")
        assert driver.json("status")["state"] == "ready"
