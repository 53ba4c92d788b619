"""The service while its collector is away, killed or hung, for as long as people see it: too long for `make test`."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.contract.conftest import fresh_lab
from tests.driver import Driver
from tests.e2e.local.test_outage import MOST_LOST, await_spans, lost, stored

RPS = 200
AROUND_S = 25                        # of load before and after the outage, together: a busy machine takes a while for `up`
VIEWER_AWAY_S = 90                   # longer than a sender's connection lives (max_connection_age 60 s and 10 s of grace)
SPANS = 5                            # of a request: the client's and four of the service


@contextmanager
def load_over(driver: Driver, outage_s: float) -> Iterator[dict[str, Any]]:
    """A load that is longer than the outage; its result once the body has ended."""
    requests = round(RPS * (outage_s + AROUND_S))
    run: dict[str, Any] = {}
    load = driver.start("load", "-n", str(requests), "-c", "20", "--rps", str(RPS), "--trace-ids", str(driver.state / "ids"),
                        "-o", "json")
    await_spans(driver, RPS)
    yield run
    out, err = load.communicate(timeout=outage_s + 120)
    assert load.returncode == 0, err
    run |= json.loads(out)
    assert run["requests"]["successful"] == requests
    run["missing"] = requests * SPANS - stored(driver, driver.state / "ids")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["otelcol", "embedded"])
def test_a_collector_that_is_away_for_45_s_costs_nothing(kind: str, tmp_path: Path) -> None:
    driver = fresh_lab(kind, tmp_path)
    with driver.up():
        with load_over(driver, 45) as run:
            psutil.Process(driver.pids()["collector"]).terminate()
            time.sleep(45)
            driver.run("up")
        assert (run["missing"], lost(run)) == (0, 0), run["ledger"]


@pytest.mark.timeout(400)
def test_a_viewer_that_is_away_for_longer_than_a_connection_lives_costs_nothing(tmp_path: Path) -> None:
    """The collector's queue fills, its senders wait, and their connections are ended in the middle of a call."""
    driver = fresh_lab("otelcol", tmp_path)
    with driver.up():
        with load_over(driver, VIEWER_AWAY_S) as run:
            psutil.Process(driver.pids()["viewer"]).terminate()
            time.sleep(VIEWER_AWAY_S)
            driver.run("up")
        print(f"{run['requests']['successful']} requests, {run['missing']} spans missing, ledger: {run['ledger']}")
        assert (run["missing"], lost(run)) == (0, 0), run["ledger"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["otelcol", "embedded"])
def test_a_collector_that_is_killed_for_10_s_costs_one_batch_at_most(kind: str, tmp_path: Path) -> None:
    driver = fresh_lab(kind, tmp_path)
    with driver.up():
        with load_over(driver, 10) as run:
            psutil.Process(driver.pids()["collector"]).kill()
            time.sleep(10)
            driver.run("up")
        assert run["missing"] == lost(run), run["ledger"]
        assert run["missing"] <= MOST_LOST, run["ledger"]


@pytest.mark.timeout(120)
def test_the_service_ends_within_12_s_beside_a_collector_that_hangs(tmp_path: Path) -> None:
    driver = fresh_lab("otelcol", tmp_path)
    with driver.up():
        pids = driver.pids()
        collector, service = psutil.Process(pids["collector"]), psutil.Process(pids["service"])
        collector.suspend()
        try:
            driver.run("load", "-n", "400", "--rps", str(RPS), code=None)
            service.terminate()
            psutil.wait_procs([service], timeout=12)
            assert not service.is_running() or service.status() == psutil.STATUS_ZOMBIE
        finally:
            collector.resume()
