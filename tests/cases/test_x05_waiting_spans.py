"""X05: spans that still wait in the lab when a run's ledger is made: not stored yet, and neither lost nor fine."""

import json
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.cases.spans import store_of, wait_until
from tests.driver import Driver, a_name, collector_on_path

LOAD = ("load", "-n", "40", "--rps", "40", "--slo", "lost<1")
SPANS = 40 * 5

pytestmark = [
    pytest.mark.e2e, pytest.mark.timeout(200),
    pytest.mark.skipif(not collector_on_path(), reason="there is no collector on the PATH"),
]


def all_are_there(lab: Driver, run_id: str) -> bool:
    with closing(sqlite3.connect(f"file:{store_of(lab)}?mode=ro", uri=True, timeout=20)) as store:
        return store.execute("SELECT count(*) FROM spans WHERE hex(trace_id) LIKE ?", (f"{run_id}%",)).fetchone() == (SPANS,)


def wait_apart(run: dict[str, Any], cause: str) -> None:
    ledger = run["ledger"]
    assert (ledger["lost_spans"], ledger["lost"]) == (0, [])
    assert ledger["spans"] + ledger["not_stored_yet"] == ledger["expected_spans"] == SPANS
    assert ledger["not_stored_yet"] > 0
    assert cause in ledger["not_stored_cause"]
    assert any(cause in remark and "labctl status" in remark for remark in run["remarks"])
    (lost,) = run["slo"]
    assert (lost["value"], lost["met"]) == (None, False)
    assert "unknown" in lost["found"]


def test_the_viewer_cannot_store(tmp_path: Path) -> None:
    lab = Driver(a_name("waiting"), tmp_path)
    with lab.up():
        with closing(sqlite3.connect(store_of(lab), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            run = lab.json(*LOAD, code=6, timeout=120)
            other.execute("ROLLBACK")
        wait_apart(run, "the viewer cannot store: database is locked")
        wait_until(lambda: all_are_there(lab, run["run_id"]))


def test_the_collector_does_not_answer(tmp_path: Path) -> None:
    lab = Driver(a_name("paused"), tmp_path)
    with lab.up():
        process = lab.start(*LOAD, "-o", "json")
        collector = psutil.Process(lab.pids()["collector"])
        assert process.stderr
        assert any(" failed " in line for line in process.stderr)
        collector.send_signal(signal.SIGSTOP)
        try:
            out, _ = process.communicate(timeout=120)
        finally:
            collector.send_signal(signal.SIGCONT)
    wait_apart(json.loads(out), "the collector does not answer")
