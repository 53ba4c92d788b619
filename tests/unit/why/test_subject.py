"""What the argument of `labctl why` means: kept runs before traces, and more than one match is said."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labctl import config
from labctl.config import Config
from labctl.errors import LabError, UsageError
from labctl.load import kept_runs
from labctl.why import subject
from labctl.why.runs.explain_run import RunExplanation
from labctl.why.traces.trace_explanation import TraceExplanation
from tests.unit.ui.samples import SUMMARY
from tests.unit.why.runs.made_up import RUN, Sent, bodies, run
from tests.viewer import Viewer


class _Target:
    def __init__(self, viewer: str) -> None:
        self._viewer = viewer

    def endpoints(self) -> Any:
        return type("Endpoints", (), {"viewer": self._viewer})


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    started = Viewer(tmp_path_factory.mktemp("viewer"))
    for body in bodies(run(200, change=lambda sent, _: _slow(sent))):
        assert started.send(body).status == 200
    yield started
    started.kill()


def _slow(sent: Sent) -> None:
    sent.format += 400 * (round(sent.due_s * 100) % 19 == 0)


@pytest.fixture
def settings(tmp_path: Path, viewer: Viewer, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("LABCTL_STATE_DIR", str(tmp_path))
    monkeypatch.setattr(subject, "require_target", lambda _: _Target(viewer.url))
    return config.load({})


def keep(settings: Config, run_id: str, **changes: Any) -> None:
    kept_runs.keep(settings.state, replace(SUMMARY, run_id=run_id, **changes), (), "")


def test_a_kept_run_by_last_and_by_the_beginning_of_its_id(settings: Config) -> None:
    keep(settings, RUN)
    for name in ("last", RUN[:6], RUN):
        found = subject.explain(settings, name)
        assert isinstance(found, RunExplanation)
        assert (found.run_id, found.requests, found.sent) == (RUN, 200, 500)
        assert found.slow.told[0].difference.condition.operation.name == "format_response"


def test_two_kept_runs_of_the_same_beginning(settings: Config) -> None:
    keep(settings, RUN)
    keep(settings, RUN[:-2] + "ff")
    with pytest.raises(UsageError, match="2 kept runs"):
        subject.explain(settings, RUN[:6])


def test_a_run_whose_traces_alone_are_known(settings: Config) -> None:
    found = subject.explain(settings, RUN, above_ms=300)
    assert isinstance(found, RunExplanation)
    assert (found.sent, found.slow.size) == (None, 11)


def test_a_kept_run_whose_traces_are_gone(settings: Config) -> None:
    keep(settings, "ab" * 8)
    with pytest.raises(LabError, match="no trace of the run"):
        subject.explain(settings, "abab")


def test_a_trace_by_its_id_and_the_slowest(settings: Config) -> None:
    slowest = subject.explain(settings, "slowest")
    assert isinstance(slowest, TraceExplanation)
    assert slowest.making_the_difference
    assert slowest.making_the_difference.operation.name == "format_response"
    for name in (slowest.trace.trace_id, slowest.trace.trace_id[:24]):
        again = subject.explain(settings, name)
        assert isinstance(again, TraceExplanation)
        assert again.trace.trace_id == slowest.trace.trace_id


def test_what_is_nothing_and_what_is_not_one_thing(settings: Config) -> None:
    with pytest.raises(UsageError, match="not a component, a kept run or a trace id"):
        subject.explain(settings, "frontend")
    with pytest.raises(LabError, match="more than one trace begins with 5eed"):
        subject.explain(settings, "5eed")
    with pytest.raises(LabError, match="there is no trace"):
        subject.explain(settings, "f" * 32)
    with pytest.raises(UsageError, match="--above is for a run"):
        subject.explain(settings, "slowest", above_ms=300)


def test_a_recent_run_without_traces_is_not_called_old(settings: Config) -> None:
    keep(settings, "5ca1ab1e5ca1ab1e", spans_made=30, spans_acked=0)
    with pytest.raises(LabError) as refused:
        subject.explain(settings, "last")
    assert refused.value.hint == "labctl why"
    assert "of its 30 client spans the collector took 0" in refused.value.detail
