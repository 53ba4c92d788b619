"""What happens to a load when a component goes away in its middle: no request notices, and every missing span is named."""

import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.contract.conftest import fresh_lab
from tests.driver import Driver

REQUESTS, RPS, AWAY_S = 800, 100, 4.0
MOST_LOST = 512


@pytest.mark.parametrize("kind", ["otelcol", "embedded"])
def test_a_collector_that_was_away(kind: str, tmp_path: Path) -> None:
    driver = fresh_lab(kind, tmp_path)
    ids = tmp_path / "ids"
    with driver.up():
        load = driver.start(
            "load", "-n", str(REQUESTS), "--rps", str(RPS), "--trace-ids", str(ids), "-o", "json",
        )
        await_spans(driver, REQUESTS // 10)
        psutil.Process(driver.pids()["collector"]).kill()
        time.sleep(AWAY_S)                   # the length of the outage is what is tested
        driver.run("up")
        out, err = load.communicate(timeout=90)
        assert load.returncode == 0, err
        run = json.loads(out)
        assert run["requests"]["failed"] == 0
        assert lost(run) <= MOST_LOST
        assert REQUESTS * 5 - stored(driver, ids) == lost(run)


def test_a_viewer_that_is_gone_takes_no_figures_with_it(tmp_path: Path) -> None:
    driver = fresh_lab("otelcol", tmp_path)
    with driver.up():
        load = driver.start("load", "-n", "200", "--rps", "100", "--report", str(tmp_path / "run.html"), "-o", "json")
        await_spans(driver, 20)
        psutil.Process(driver.pids()["viewer"]).kill()
        out, err = load.communicate(timeout=90)
        assert load.returncode == 0, err
        assert (json.loads(out)["requests"]["successful"], json.loads(out)["ledger"]) == (200, None)
        assert err.count("whether spans were lost is not known") == 1
        assert driver.json("load", "-n", "20")["requests"]["successful"] == 20
        assert len(driver.json("runs")["runs"]) == 2


def lost(run: dict[str, Any]) -> int:
    return sum(loss["spans"] for loss in run["ledger"]["lost"])


def stored(driver: Driver, ids: Path) -> int:
    """Spans in the viewer's store under the run's trace ids, counted without the viewer."""
    wanted = {line.strip() for line in ids.read_text().splitlines()}
    with sqlite3.connect(f"file:{driver.state / driver.name / 'viewer.db'}?mode=ro", uri=True) as store:
        return sum(1 for (trace_id,) in store.execute("SELECT lower(hex(trace_id)) FROM spans") if trace_id in wanted)


def await_spans(driver: Driver, count: int) -> None:
    deadline = time.monotonic() + 20
    path = driver.state / driver.name / "viewer.db"
    while True:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as store:
            if store.execute("SELECT count(*) FROM spans").fetchone()[0] > count:
                return
        assert time.monotonic() < deadline
        time.sleep(0.05)
