"""The viewer is told of a run when it begins, while it goes on and when it has ended, and without a viewer nothing is missing."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from labctl.host.http import get
from labctl.load import told_run
from labctl.load.ledger.ledger import Ledger
from labctl.load.measure.summary import Distribution, Slice, Snapshot, Timeline
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.plan.thresholds import parse
from labctl.load.result import RunResult
from labctl.load.told_run import ToldRun
from tests.unit.load.judge.test_verdicts import SUMMARY
from tests.unit.service.conftest import until
from tests.viewer import Viewer

PLAN = LoadPlan("http://user:s3cret@127.0.0.1:9002/predict?key=s3cret", run_id=SUMMARY.run_id, rps=50.0, duration_s=4.0)
LEDGER = Ledger(10, 0, 10, 50, 50, 0, ())
SNAPSHOT = Snapshot(1.0, 200, 50, 48, 1, 1, 49.0, 50.0, Distribution(), (), {"timeout": 1})


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    found = Viewer(tmp_path_factory.mktemp("viewer"))
    yield found
    found.kill()


def told(viewer: Viewer) -> dict[str, Any]:
    found = get(f"{viewer.url}/api/annotations?kind=run&key={PLAN.run_id}").json()["annotations"]
    return dict(found[0]) if found else {"data": {}}


def test_a_run_is_told_as_it_goes(viewer: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told_run, "_EVERY_S", 0.02)
    with ToldRun(viewer.url, PLAN, "steady", parse("p99<200ms")) as run:
        until(lambda: told(viewer)["data"])
        begun = told(viewer)
        assert begun["end"] is None
        assert (begun["data"]["planned"], begun["data"]["rate"], begun["data"]["length_s"]) == (200, 50.0, 4.0)
        assert (begun["data"]["scenario"], begun["data"]["thresholds"]) == ("steady", ["p99 < 200 ms"])
        run.see(SNAPSHOT)
        until(lambda: told(viewer)["data"].get("sent") == 50)
        along = told(viewer)["data"]
        assert (along["answered"], along["failed"], along["elapsed_s"], along["errors"]) == (49, 1, 1.0, {"timeout": 1})
    run.end(RunResult(SUMMARY, None, (), LEDGER)).result()
    ended = told(viewer)
    assert ended["end"] == pytest.approx(ended["begin"] + SUMMARY.duration_s)
    assert ended["data"]["ledger"]["lost_spans"] == 0
    assert ended["data"]["summary"]["sent"] == SUMMARY.sent
    assert "s3cret" not in json.dumps(ended)


def test_a_timeline_that_is_too_long_is_left_out(viewer: Viewer) -> None:
    slices = [Slice(float(at), 9, 9, 9, 0, 1.0, 2.0, 9, dict.fromkeys(range(300), 9), {}) for at in range(300)]
    long = replace(SUMMARY, rate=7.0, timeline=Timeline(1.0, [float(row) for row in range(300)], slices))
    ToldRun(viewer.url, PLAN, "", ()).end(RunResult(long, None, (), None)).result()
    summary = told(viewer)["data"]["summary"]
    assert (summary["rate"], summary["timeline"]) == (7.0, None)


def test_one_that_breaks_off_has_ended(viewer: Viewer) -> None:
    with pytest.raises(KeyboardInterrupt), ToldRun(viewer.url, PLAN, "", ()):
        raise KeyboardInterrupt
    assert told(viewer)["end"] is not None
    assert told(viewer)["data"]["interrupted"] is True


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:1"])
def test_without_a_viewer_nothing_is_raised(url: str) -> None:
    with ToldRun(url, PLAN, "", ()) as run:
        run.see(SNAPSHOT)
    run.end(RunResult(SUMMARY, None, (), None)).result()
