"""How much the service can take, judged by what the judge measures and by what the learner has measured."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from labctl.lab.plan import NoReport
from labctl.lessons.stage import LabStage
from labctl.lessons.stories import limits
from labctl.load import kept_runs
from labctl.load.plan.run_options import RunOptions
from labctl.load.result import RunResult
from tests.unit.ui.samples import SUMMARY

LOOP = replace(SUMMARY, target_rate=None, concurrency=6, duration_s=5.0)


@dataclass(frozen=True)
class Measuring(LabStage):
    """A run of its own gives ten answers per second."""

    def send(self, options: RunOptions) -> RunResult:
        return RunResult(replace(LOOP, rate=10.0), None, (), None)


@pytest.mark.parametrize(("answer", "right"), [("12", True), ("18", False), ("20.5", True), ("26", True), ("40", False)])
def test_what_either_has_measured_is_right(tmp_path: Path, answer: str, right: bool) -> None:
    stage = Measuring({"LABCTL_STATE_DIR": str(tmp_path), "LABCTL_LAB": "unit"}, NoReport())
    ran = [replace(LOOP, rate=26.0), replace(LOOP, rate=40.0, target_rate=40.0), replace(LOOP, rate=40.0, duration_s=0.5)]
    for number, summary in enumerate(ran):
        kept_runs.keep(stage.config.state, replace(summary, run_id=f"{number:016x}"), (), "")
    assert limits.judge(stage, {"ms": 20}, answer).right is right


def test_runs_from_before_the_lesson_tell_nothing(tmp_path: Path) -> None:
    stage = Measuring({"LABCTL_STATE_DIR": str(tmp_path), "LABCTL_LAB": "unit"}, NoReport())
    kept = kept_runs.keep(stage.config.state, replace(LOOP, rate=26.0), (), "")
    assert not limits.judge(stage, {"ms": 20, "since": kept_runs.read(kept).at + 1}, "26").right
