"""Switches last until they are taken back, on every target; without the collector's program most are refused."""

import shutil
from typing import Any

from tests.driver import Driver


def loaded(lab: Driver) -> Any:
    """The ledger of a short run that has lost nothing."""
    ledger = lab.json("load", "-n", "200", "--rps", "100")["ledger"]
    assert (ledger["lost_spans"], ledger["other_spans"]) == (0, 0)
    return ledger


def causes(lab: Driver) -> list[Any]:
    return [finding for finding in lab.json("why", code=None)["findings"] if finding["kind"] == "cause"]


def without_collector(lab: Driver) -> bool:
    return not shutil.which("otelcol-contrib", path=lab.path) if lab.target == "local" else False


def test_sampling_lasts_until_it_is_taken_back(own_lab: Driver) -> None:
    if without_collector(own_lab):
        said = own_lab.run("up", "--sampling", "10%", code=3)
        assert "--sampling needs the program otelcol-contrib" in said.stderr
        return
    assert own_lab.json("up", "--sampling", "25%", timeout=240)["switches"] == {"sampling": "25%"}
    ledger = loaded(own_lab)
    assert 45 <= ledger["traces"] <= 55
    assert ledger["sampled_out"] == {
        "traces": 200 - ledger["traces"], "spans": 5 * (200 - ledger["traces"]), "known_by": "the trace ids", "exact": True,
        "unsure_traces": 0,
    }
    assert causes(own_lab) == []
    if own_lab.target == "local":       # in a cluster no file is asked
        shutil.rmtree(own_lab.state / own_lab.name)
    assert own_lab.json("status", code=None)["switches"] == {"sampling": "25%"}
    assert own_lab.json("up", timeout=240)["switches"] == {"sampling": "25%"}
    own_lab.run("check")
    assert own_lab.json("up", "--sampling", "off", timeout=240)["switches"] == {}
    assert loaded(own_lab)["traces"] == 200


def test_the_service_keeps_to_the_flags_of_the_load(processes: Driver) -> None:
    processes.run("up", "--sampling", "head:25%")
    ledger = loaded(processes)
    assert 45 <= ledger["traces"] <= 55
    assert ledger["sampled_out"]["known_by"] == "the flags that were sent"
    processes.run("check")


def test_tail_sampling_holds_up_neither_the_canary_nor_the_diagnosis(processes: Driver) -> None:
    if without_collector(processes):
        return
    processes.run("up", "--sampling", "tail:errors,slow>2s,5%")
    ledger = loaded(processes)
    assert ledger["traces"] == 200 - ledger["sampled_out"]["traces"] < 40
    assert causes(processes) == []


def test_nothing_is_done_by_an_explanation(processes: Driver) -> None:
    found = processes.json("up", "--explain", "--sampling", "head:25%")
    assert found["switches"] == {"sampling": "head:25%"}
    assert any("parentbased_traceidratio" in change["after"] for change in found["changes"])
    processes.run("status", code=1)

