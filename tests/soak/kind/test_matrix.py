"""An `up` that was ended at any moment: the next one converges, and `down` leaves nothing. Likewise after a restart."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driver import Driver, a_name, kind_is_missing
from tests.soak.kind.test_the_end import nothing_stays_in_docker

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900), pytest.mark.skipif(bool(kind_is_missing()), reason=kind_is_missing())]
MOMENTS = (0.3, 0.6, 1.0, 2.0, 4.0, 7.0, 10.0, 13.0, 15.0, 17.0)       # a cold `up` takes twenty seconds
RESTART = os.environ.get("LABCTL_RESTART_ENGINE", "")
"""A command that restarts the Docker engine, where a test may do that."""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Driver]:
    driver = Driver(a_name("matrix"), tmp_path, target="kind")
    with nothing_stays_in_docker(driver.name):
        yield driver
        driver.run("down", code=None)


def up(lab: Driver) -> None:
    lab.run("up", "--timeout", "180s", timeout=300)
    lab.run("check")


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_up_ended_at_any_moment(lab: Driver, number: signal.Signals, moment: float) -> None:
    process = lab.start("up", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(moment)
    process.send_signal(number)
    assert process.wait(60) in {0, -number, 128 + number}
    up(lab)


def test_of_two_ups_one_wins(lab: Driver) -> None:
    first, second = lab.start("up"), lab.start("up")
    said = [one.communicate(timeout=120)[1] for one in (first, second)]
    # the second may have come after the first had ended
    assert sorted([first.returncode, second.returncode]) in ([0, 4], [0, 0]), said
    lab.run("check")


def test_a_node_that_was_restarted(lab: Driver) -> None:
    up(lab)
    subprocess.run(["docker", "restart", f"{lab.name}-control-plane"], check=True, capture_output=True, timeout=60)
    up(lab)
    subprocess.run(["docker", "stop", f"{lab.name}-control-plane"], check=True, capture_output=True, timeout=60)
    up(lab)


@pytest.mark.skipif(not RESTART, reason="LABCTL_RESTART_ENGINE gives no command that restarts the engine")
def test_an_engine_that_was_restarted(lab: Driver) -> None:
    up(lab)
    subprocess.run(RESTART, shell=True, check=True, timeout=120)
    up(lab)
