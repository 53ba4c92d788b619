"""A load run accounts for every request, trace and span."""

import json
import signal
import subprocess
import time
from pathlib import Path

from labctl.host.waiting import until
from tests.contract.conftest import PLENTY_S, at_any_endpoints, requests
from tests.driver import LABCTL, Driver

FIGURES = {"min", "mean", "p50", "p90", "p95", "p99", "p99_9", "max"}


def test_the_ledger_balances(lab: Driver) -> None:
    run = lab.json("load", "-n", "200", "--rps", "100")
    assert run["requests"]["total"] == run["requests"]["successful"] == 200
    assert run["requests"]["failed"] == 0
    assert run["latency_ms"].keys() >= FIGURES
    assert run["service_time_ms"].keys() >= FIGURES
    assert sum(bucket["count"] for bucket in run["histogram"]) == 200
    ledger = run["ledger"]
    assert (ledger["requests"], ledger["traces"], ledger["spans"], ledger["lost"]) == (200, 200, 1000, [])
    assert len(run["slowest"]) == 10


@at_any_endpoints
def test_the_slowest_trace_is_the_loads_slowest(lab: Driver) -> None:
    run = lab.json("load", "-n", "50")
    trace = lab.json("trace", run["slowest"][0]["trace_id"])
    assert trace["complete"] is True
    assert len(trace["spans"]) == 5
    slowest = lab.json("trace", "slowest", "--run", run["run_id"])
    assert slowest["trace_id"].startswith(run["run_id"])


def test_the_metrics_agree_with_the_load(lab: Driver) -> None:
    before = _settled(lab)
    lab.run("load", "-n", "100")
    assert until(lambda: requests(lab) - before == 100, PLENTY_S), requests(lab) - before


@at_any_endpoints
def test_the_trace_ids_of_a_run_can_be_had(lab: Driver, tmp_path: Path) -> None:
    file = tmp_path / "ids"
    run = lab.json("load", "-n", "20", "--trace-ids", str(file))
    ids = file.read_text().split()
    assert len(set(ids)) == 20
    assert all(one.startswith(run["run_id"]) for one in ids)
    assert {one["trace_id"] for one in run["slowest"]} <= set(ids)


@at_any_endpoints
def test_a_report_shows_where_the_slowest_requests_spent_their_time(lab: Driver, tmp_path: Path) -> None:
    file = tmp_path / "run.html"
    run = lab.json("load", "-n", "20", "--report", str(file))
    shown = file.read_text()
    assert all(one["trace_id"] in shown for one in run["slowest"])
    assert shown.count("model_inference</span>") == 5


@at_any_endpoints
def test_the_ledger_knows_what_a_refused_request_makes(lab: Driver) -> None:
    run = lab.json("load", "--scenario", "poison", "--duration", "2s", "--slo", "errors<1%")
    assert (run["ledger"]["traces"], run["ledger"]["lost"]) == (100, [])


def test_an_overload_is_explained(lab: Driver) -> None:
    shown = lab.run("load", "-n", "60", "--rps", "1000", "-c", "2").stdout
    assert "you gave 2" in shown


def test_refused_requests_fail_the_run(lab: Driver) -> None:
    missed = lab.run("load", "-n", "20", "--body", '{"features": "no"}', code=6)
    assert "422" in missed.stdout


def test_nothing_listening_is_said_with_the_line_that_starts_it(lab: Driver) -> None:
    refused = lab.run("load", "--url", "http://127.0.0.1:1/predict", code=1)
    assert "127.0.0.1:1" in refused.stderr


def test_ctrl_c_gives_the_summary_of_what_ran(lab: Driver) -> None:
    process = subprocess.Popen(
        [LABCTL, "load", "--duration", "60s", "--rps", "50", "-o", "json"], env=lab.env, cwd=lab.cwd, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    while " p50 " not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    run = json.loads(out)
    requests = run["requests"]
    assert requests["total"] >= requests["successful"] > 0
    assert run["ledger"]["lost"] == []


def _settled(lab: Driver) -> float:
    """The count once it has stayed the same for longer than the service's export interval."""
    value, since = requests(lab), time.monotonic()
    while time.monotonic() - since < 2:
        time.sleep(0.2)
        now = requests(lab)
        if now != value:
            value, since = now, time.monotonic()
    return value
