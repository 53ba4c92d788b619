"""Runs that are kept and found again."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from labctl.errors import LabError, UsageError
from labctl.load import kept_runs
from labctl.load.judge.verdicts import judge
from labctl.load.measure.summary import Slow
from labctl.load.plan.thresholds import parse
from labctl.viewer_client.client import TracedRun
from tests.unit.load.judge.test_verdicts import SUMMARY


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A state folder, and a clock that goes on by a second with each run."""
    seconds = iter(range(1_795_442_400, 1_795_443_400))
    monkeypatch.setattr(kept_runs, "time", SimpleNamespace(time=lambda: float(next(seconds))))
    return tmp_path / "state"


def named(run_id: str) -> Any:
    return replace(SUMMARY, run_id=run_id)


def test_a_run_is_found_as_it_was(state: Any) -> None:
    judged = judge(parse("p99<200ms,errors<0.1%"), SUMMARY)
    path = kept_runs.keep(state, SUMMARY, judged, "steady")
    run = kept_runs.find(state, str(path))
    assert (run.at, run.scenario, run.slo, run.met) == (1_795_442_400.0, "steady", judged, False)
    assert run.summary.as_json() == SUMMARY.as_json()
    assert json.loads(path.read_text())["version"] == 1


def test_runs_are_listed_and_named_by_age_and_by_the_beginning_of_their_ids(state: Any) -> None:
    for run_id in ("aa11", "ab22", "cc33"):
        kept_runs.keep(state, named(run_id), [], "")
    assert [run.summary.run_id for run in kept_runs.kept(state).runs] == ["aa11", "ab22", "cc33"]
    assert [kept_runs.find(state, name).summary.run_id for name in ("last", "last-0", "last-2", "aa", "CC33")] == [
        "cc33", "cc33", "aa11", "aa11", "cc33",
    ]
    assert kept_runs.find(state, "last").met is None


@pytest.mark.parametrize(("name", "complaint"), [
    ("/nope.json", "^/nope.json: there is no such file"), ("nope.json", "^nope.json: there is no such file"),
    ("a", "2 kept runs begin with 'a'"), ("ff", "no kept runs begin with 'ff'"), ("", "no kept runs"),
    ("last-2", "only 2 runs are kept"), ("last-x", "expected last, last-1"), ("*", "no kept runs"), ("../x", "no such file"),
])
def test_what_is_not_found_is_said(name: str, complaint: str, state: Any) -> None:
    for run_id in ("aa11", "ab22"):
        kept_runs.keep(state, named(run_id), [], "")
    with pytest.raises(UsageError, match=complaint) as error:
        kept_runs.find(state, name)
    assert error.value.hint == "labctl runs"


@pytest.mark.parametrize("content", [
    b"", b"{}", b"[]", b"null", b"\xff", b'{"version": 1}', b'{"version": 2}',
    b'{"version":1,"at":0,"scenario":"","slo":[],"report":{}}',
    b'{"version":1,"at":0,"scenario":"","slo":[],"report":{"Snapshot":{}}}', b"[" * 100_000,
])
def test_a_file_that_is_no_run_is_refused_by_name_and_left_out_of_the_list(content: bytes, state: Any) -> None:
    path = kept_runs.keep(state, SUMMARY, [], "")
    path.with_name("1-ff.json").write_bytes(content)
    with pytest.raises(UsageError, match=r"1-ff\.json"):
        kept_runs.find(state, "ff")
    assert len(kept_runs.kept(state).runs) == 1


def test_the_oldest_are_forgotten(state: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_runs, "_MOST", 3)
    for number in range(5):
        kept_runs.keep(state, named(f"{number}0"), [], "")
    assert [run.summary.run_id for run in kept_runs.kept(state).runs] == ["20", "30", "40"]


def test_a_folder_that_cannot_be_written_to(state: Any) -> None:
    state.write_text("a file")
    with pytest.raises(LabError, match="was not kept in"):
        kept_runs.keep(state, SUMMARY, [], "")


def test_a_run_further_back_than_there_are_runs(state: Any) -> None:
    with pytest.raises(UsageError, match="last: no run is kept") as error:
        kept_runs.find(state, "last")
    assert error.value.hint == "labctl load"
    kept_runs.keep(state, named("aa11"), [], "")
    with pytest.raises(UsageError, match="last-1: only 1 run is kept, two are needed") as error:
        kept_runs.find(state, "last-1")
    assert error.value.hint == "labctl load"


def test_the_slowest_of_a_run_are_those_that_it_listed(state: Any) -> None:
    slowest = [Slow("aa11" + "0" * 28, 706.0), Slow("aa11" + "1" * 28, 662.0)]
    kept_runs.keep(state, replace(named("aa11"), spans_made=2, slowest=slowest), [], "")
    kept_runs.keep(state, replace(named("bb22"), spans_made=0, slowest=slowest), [], "")
    for name in (None, "aa", "last-1"):
        assert kept_runs.traced_run(state, name) == TracedRun("aa11", [slow.trace_id for slow in slowest])
    assert kept_runs.traced_run(state, "last") == TracedRun("bb22")
    assert kept_runs.traced_run(state, "99") == TracedRun("99", kept=False)


def test_no_runs_yet(state: Any) -> None:
    assert kept_runs.kept(state).runs == []


def test_a_trace_that_is_not_the_slowest_requests_is_called_so() -> None:
    assert TracedRun("a", ("1", "2")).instead("1") == ""
    assert TracedRun().instead("1") == ""
    assert "another one of the run" in TracedRun("a", ("1", "2")).instead("2")
    assert "was sampled out" in TracedRun("a", ("2",), sampled_out=True).instead("2")
