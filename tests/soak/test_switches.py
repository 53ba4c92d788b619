"""Labs of processes with switches: every one and every pair comes up, balances, and goes; and what sampling promises."""

import json
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from labctl.host import daemons
from labctl.load.sampling.stored_traces import StoredTrace, traces
from labctl.switches.trace_id_sampling import keeps, threshold
from labctl.viewer_client.client import ViewerClient
from labctl.why.collector_metrics import CollectorMetrics
from tests.driver import Driver, a_name, collector_on_path
from tests.unit.switches.test_combinations import COMBINATIONS, shown

pytestmark = [pytest.mark.skipif(not collector_on_path(), reason="no collector on the PATH"), pytest.mark.timeout(300)]

WHOLE = 5                               # spans of a request that was answered with 200


def causes(lab: Driver) -> list[Any]:
    """What is wrong, but for the backends of the examples, which are nowhere."""
    findings = lab.json("why", code=None)["findings"]
    return [one for one in findings if one["kind"] == "cause" and one["rule"] != "backend-refuses"]


def flags(on: dict[str, str]) -> list[str]:
    return [word for name, text in on.items() for word in (f"--{name}", text)]


@pytest.mark.parametrize("on", COMBINATIONS, ids=shown)
def test_every_switch_and_every_pair(on: dict[str, str], tmp_path: Path) -> None:
    lab = Driver(a_name("switches"), tmp_path, settings={"DEFAULT_LATENCY_MS": "20"})
    with lab.up(*flags(on)):
        assert lab.json("status")["switches"] == on
        run = lab.json("load", "-n", "300", "--rps", "100")
        assert (run["requests"]["failed"], run["ledger"]["lost_spans"], run["ledger"]["other_spans"]) == (0, 0, 0)
        assert causes(lab) == []
        assert not lab.json("up")["changed"]
    assert daemons.running(lab.name) == []


def sampled(tmp_path: Path, sampling: str, *load: str, **settings: str) -> tuple[Any, dict[str, StoredTrace], CollectorMetrics]:
    """A run of a lab with this sampling, what is stored of it, and the collector's own metrics."""
    lab = Driver(a_name("sampled"), tmp_path, settings={"DEFAULT_LATENCY_MS": "10", **settings})
    with lab.up("--sampling", sampling):
        run = lab.json("load", *load, code=None, timeout=120)
        found = traces(ViewerClient(lab.url("VIEWER")).span_pages(run["run_id"]))
        with urllib.request.urlopen(f"{lab.url('COLLECTOR_METRICS')}/metrics", timeout=5) as answer:
            return run, found, CollectorMetrics.of(answer.read().decode())


@pytest.mark.parametrize("sampling", ["10%", "head:10%"])
def test_a_tenth_of_five_thousand_traces_is_kept_whole(sampling: str, tmp_path: Path) -> None:
    run, found, _ = sampled(tmp_path, sampling, "-n", "5000", "--rps", "400", "-c", "50")
    assert 0.085 <= len(found) / 5000 <= 0.115
    assert Counter(trace.spans for trace in found.values()) == {WHOLE: len(found)}
    # the collector's decision, and the flags that the load has sent, are both the one on the trace id
    assert all(keeps(trace_id, threshold(0.1)) for trace_id in found)
    ledger = run["ledger"]
    assert (ledger["lost_spans"], ledger["other_spans"], ledger["sampled_out"]["traces"]) == (0, 0, 5000 - len(found))
    assert ledger["sampled_out"]["exact"]


def test_tail_sampling_keeps_every_error_and_every_slow_trace(tmp_path: Path) -> None:
    bodies = tmp_path / "bodies.jsonl"
    bodies.write_text("".join(f"{json.dumps(one)}\n" for one in [{"features": [1, 2, 3]}] * 19 + [{"features": "none"}]))
    run, found, metrics = sampled(
        tmp_path, "tail:errors,slow>100ms,5%", "-n", "5000", "--rps", "400", "-c", "50", "--body-file", str(bodies),
        SLOW_SPAN="format_response:2%:150ms",
    )
    ledger, requests = run["ledger"], run["requests"]
    assert ledger["lost_spans"] == 0
    assert len(found) == 5000 - ledger["sampled_out"]["traces"]
    assert requests["failed"] == 250 == sum(trace.error for trace in found.values())
    slow = sum(trace.ms >= 100 for trace in found.values())
    judged = metrics.total("processor_tail_sampling_count_traces_sampled", policy="slow", sampled="true")
    assert 90 < slow <= judged <= slow + 5          # and the canary, and requests that looked how long an answer takes
    others = sum(not trace.error and trace.ms < 100 for trace in found.values())
    assert 0.035 < others / (5000 - 250 - slow) < 0.065
    assert {trace.spans for trace in found.values() if not trace.error} == {WHOLE}


@pytest.mark.parametrize("sampling", ["10%", "head:10%", "tail:errors,slow>100ms,5%"])
def test_what_if_and_the_real_thing_agree_within_a_per_cent_of_the_traces(sampling: str, tmp_path: Path) -> None:
    """The same requests cannot be sent twice under the same trace ids, so shares are compared."""
    lab = Driver(a_name("what-if"), tmp_path, settings={"DEFAULT_LATENCY_MS": "10", "SLOW_SPAN": "format_response:2%:150ms"})
    load = ("load", "-n", "5000", "--rps", "400", "-c", "50")
    with lab.up():
        lab.run(*load, timeout=120)
        whole = lab.json("sampling", "what-if", "--sampling", sampling, timeout=120)
        lab.run("up", "--sampling", sampling)
        ledger = lab.json(*load, timeout=120)["ledger"]
    [foreseen] = whole["outcomes"]
    assert whole["traces"] == 5000
    assert (foreseen["partial"], foreseen["slow"] if "slow" in sampling else whole["slow"]) == (0, whole["slow"])
    assert abs(foreseen["traces"] - ledger["traces"]) <= 50
