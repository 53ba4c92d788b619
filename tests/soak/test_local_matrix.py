"""kill -9 and Ctrl-C of `up` at many moments: afterwards `up` converges and `down` leaves nothing."""

import os
import signal
import time
from pathlib import Path

import pytest

from labctl.host import daemons
from tests.contract.conftest import fresh_lab
from tests.driver import Driver

MOMENTS = [round(0.05 * step, 2) for step in range(1, 31)]


@pytest.fixture(params=["otelcol", "embedded"])
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Driver:
    return fresh_lab(request.param, tmp_path)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_up_ended_at_every_moment(lab: Driver, number: signal.Signals) -> None:
    for moment in MOMENTS:
        process = lab.start("up", stdout=None, stderr=None)
        time.sleep(moment)
        os.kill(process.pid, number)
        assert process.wait(60) in {0, -number, 128 + number}
        lab.run("up")
        lab.run("check")
        lab.run("down")
        assert daemons.running(lab.name) == []


def test_a_long_load_loses_nothing(lab: Driver) -> None:
    lab.settings["DEFAULT_LATENCY_MS"] = "5"
    with lab.up():
        run = lab.json("load", "--duration", "120s", "--rps", "200", timeout=240)
        assert run["requests"]["failed"] == 0
        assert run["ledger"]["lost"] == []


def test_two_thousand_requests_and_then_sigterm(lab: Driver) -> None:
    lab.settings["DEFAULT_LATENCY_MS"] = "20"
    with lab.up():
        service = lab.pids()["service"]
        run = lab.json("load", "-n", "2000", "--rps", "200", timeout=120)
        os.kill(service, signal.SIGTERM)
        ledger = run["ledger"]
        assert (ledger["traces"], ledger["spans"], ledger["lost"]) == (2000, 10000, [])
        deadline = time.monotonic() + 15
        while metric(lab) != 2004:           # and the canary, and the three requests that looked how long an answer takes
            assert time.monotonic() < deadline
            time.sleep(0.1)


def metric(lab: Driver) -> float:
    return sum(one["value"] for one in lab.json("metrics")["series"] if one["name"] == "http_requests_total")
