"""Labs of processes with switches: every one and every pair comes up, balances, and goes; and what sampling promises."""

import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from labctl.components import WITH
from labctl.host import daemons
from labctl.host.http import post
from labctl.load.sampling.stored_traces import StoredTrace, requests, traces
from labctl.switches.trace_id_sampling import keeps, threshold
from labctl.viewer_client.client import ViewerClient
from tests.addons import programs
from tests.cases.spans import wait_until
from tests.combinations import AS_PROCESSES, at_port, shown, with_headers
from tests.driver import Driver, a_name, collector_on_path, free_ports

pytestmark = [pytest.mark.skipif(not collector_on_path(), reason="no collector on the PATH"), pytest.mark.timeout(300)]

LEFT = {"logs", "runs", "export"}       # in the state folder by `down`
WHOLE = 5                               # spans of a request that was answered with 200


def causes(lab: Driver) -> list[Any]:
    """What is wrong, but for the backends of the examples, which are nowhere."""
    findings = lab.json("why", code=None)["findings"]
    return [one for one in findings if one["kind"] == "cause" and one["rule"] != "backend-refuses"]


def flags(on: dict[str, str]) -> list[str]:
    return [word for name, text in on.items() for word in (f"--{name}", text)]


def up(lab: Driver, *words: str) -> None:
    """With patience: a busy machine replaces pods slowly."""
    lab.run("up", *words, "--timeout", "180s", timeout=400)


def balances(lab: Driver, on: dict[str, str], rps: int = 100) -> None:
    """A lab with these switches: a load loses nothing, nothing is wrong, and there is nothing left to change."""
    assert lab.json("status")["switches"] == on
    run = lab.json("load", "-n", "300", "--rps", str(rps), timeout=120)
    assert (run["requests"]["failed"], run["ledger"]["lost_spans"], run["ledger"]["other_spans"]) == (0, 0, 0)
    assert causes(lab) == []
    assert not lab.json("up", timeout=240)["changed"]


@pytest.fixture(scope="module", autouse=True)
def programs_on_path() -> None:
    programs.put_on_path()


@pytest.mark.parametrize("on", AS_PROCESSES, ids=shown)
def test_every_switch_and_every_pair(on: dict[str, str], tmp_path: Path) -> None:
    if WITH in on and (missing := [name for name in programs.IN_IMAGES if not shutil.which(name)]):
        pytest.skip(f"not on the PATH: {', '.join(missing)}")
    lab = Driver(a_name("switches"), tmp_path, settings={"DEFAULT_LATENCY_MS": "20"})
    on = at_port(with_headers(on, tmp_path), free_ports(1)[0])
    with lab.up(*flags(on)):
        balances(lab, on)
    assert daemons.running(lab.name) == []
    assert {path.name for path in (tmp_path / lab.name).iterdir()} <= LEFT


def kept(lab: Driver, sampling: str, rps: int, *load: str) -> tuple[Any, dict[str, StoredTrace]]:
    """A run of 5 000 requests with this sampling, and what is stored of it."""
    up(lab, "--sampling", sampling)
    run = lab.json("load", "-n", "5000", "--rps", str(rps), "-c", "50", *load, code=None, timeout=240)
    return run, traces(ViewerClient(lab.url("VIEWER")).span_pages(run["run_id"]))


def a_tenth_is_kept_whole(lab: Driver, sampling: str, rps: int) -> None:
    run, found = kept(lab, sampling, rps)
    assert 0.085 <= len(found) / 5000 <= 0.115
    assert Counter(trace.spans for trace in found.values()) == {WHOLE: len(found)}
    # the collector's decision, and the flags that the load has sent, are both the one on the trace id
    assert all(keeps(trace_id, threshold(0.1)) for trace_id in found)
    ledger = run["ledger"]
    assert (ledger["lost_spans"], ledger["other_spans"], ledger["sampled_out"]["traces"]) == (0, 0, 5000 - len(found))
    assert ledger["sampled_out"]["exact"]


def errors_and_slow_ones_are_kept(lab: Driver, slow_ms: int, rps: int, folder: Path) -> None:
    """One request of twenty is an error, and every 50th of the others is slow."""
    bodies = folder / "bodies.jsonl"
    bodies.write_text("".join(f"{json.dumps(one)}\n" for one in [{"features": [1, 2, 3]}] * 19 + [{"features": "none"}]))
    lab.settings |= {"SLOW_SPAN": f"format_response:2%:{slow_ms * 3 // 2}ms"}
    run, found = kept(lab, f"tail:errors,slow>{slow_ms}ms,5%", rps, "--body-file", str(bodies))
    ledger, requests = run["ledger"], run["requests"]
    assert ledger["lost_spans"] == 0
    assert len(found) == 5000 - ledger["sampled_out"]["traces"]
    assert requests["failed"] == 250 == sum(trace.error for trace in found.values())
    slow = sum(trace.ms >= slow_ms for trace in found.values())
    series = lab.json("metrics", "otelcol_processor_tail_sampling_count_traces_sampled")["series"]
    assert series, "the collector's own metrics are missing"
    judged = sum(one["value"] for one in series if {"policy": "slow", "sampled": "true"}.items() <= one["attributes"].items())
    assert 70 < slow <= judged <= slow + 5          # and the canary, and requests that looked how long an answer takes
    others = sum(not trace.error and trace.ms < slow_ms for trace in found.values())
    assert 0.035 < others / (5000 - 250 - slow) < 0.065
    assert {trace.spans for trace in found.values() if not trace.error} == {WHOLE}


def what_if_agrees(lab: Driver, sampling: str, rps: int, forget: Callable[[Driver], None]) -> None:
    """The very traces that were replayed are sent to the lab once more, which samples now; `forget` empties its store."""
    up(lab, "--sampling", "off")
    run = lab.json("load", "-n", "5000", "--rps", str(rps), "-c", "50", timeout=240)
    pages = list(ViewerClient(lab.url("VIEWER")).span_pages(run["run_id"]))
    whole = lab.json("sampling", "what-if", "--sampling", sampling, timeout=120)
    [foreseen] = whole["outcomes"]
    assert (whole["traces"], foreseen["partial"]) == (5000, 0)
    if sampling.startswith("head"):     # what has been stored was not sampled: the flags go by the trace ids
        assert foreseen["traces"] == sum(keeps(trace_id, threshold(0.1)) for trace_id in traces(pages))
        return
    forget(lab)
    up(lab, "--sampling", sampling)
    for body in (body for page in pages for body in requests(page, 500)):
        wait_until(lambda body=body: send(lab, body) == 200)  # type: ignore[misc]

    def stored() -> dict[str, StoredTrace]:
        return traces(ViewerClient(lab.url("VIEWER")).span_pages(run["run_id"]))

    wait_until(lambda: abs(len(stored()) - foreseen["traces"]) <= foreseen["traces"] / 100)
    time.sleep(2)                       # in which more may come
    found = stored()
    assert abs(len(found) - foreseen["traces"]) <= foreseen["traces"] / 100
    assert {trace.spans for trace in found.values()} == {WHOLE}
    assert "slow" not in sampling or foreseen["slow"] == whole["slow"] > 70


def send(lab: Driver, body: bytes) -> int:
    """The status; a collector that is short of memory takes it later."""
    return post(f"{lab.url('OTLP_HTTP')}/v1/traces", body, {"content-type": "application/json"}).status


def down(lab: Driver) -> None:
    lab.run("down")


@pytest.fixture(scope="module")
def fast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    lab = Driver(a_name("sampled"), tmp_path_factory.mktemp("sampled"), settings={"DEFAULT_LATENCY_MS": "10"})
    with lab.up():
        yield lab


@pytest.mark.parametrize("sampling", ["10%", "head:10%"])
def test_a_tenth_of_five_thousand_traces_is_kept_whole(sampling: str, fast: Driver) -> None:
    a_tenth_is_kept_whole(fast, sampling, 400)


def test_tail_sampling_keeps_every_error_and_every_slow_trace(fast: Driver, tmp_path: Path) -> None:
    errors_and_slow_ones_are_kept(fast, 100, 400, tmp_path)


@pytest.mark.parametrize("sampling", ["10%", "head:10%", "tail:errors,slow>100ms,5%"])
def test_what_if_and_the_real_thing_agree_within_a_per_cent(sampling: str, fast: Driver) -> None:
    fast.settings |= {"SLOW_SPAN": "format_response:2%:150ms"}
    what_if_agrees(fast, sampling, 400, down)
