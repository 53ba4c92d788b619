"""What `labctl dev` says of a change."""

from dataclasses import replace

import pytest

from labctl.errors import LabError
from labctl.lab.dev import FileChange, served
from labctl.lab.plan import StepName, StepResult
from labctl.ui.lab import changes

S = 1_000_000_000
DONE = (
    StepResult(StepName.PUBLISH, "Publish the image", "the node has the images", False, 0, 1),
    StepResult(StepName.DEPLOY, "Deploy", "started service", True, 1 * S, 1),
    StepResult(StepName.READY, "Wait until ready", "all components answer", True, 2 * S, 1.5),
    StepResult(StepName.CANARY, "See one trace arrive", "5 spans", True, 3 * S, 1),
)


def test_it_is_served_when_every_component_answers() -> None:
    assert served(DONE) == 3.5


def test_a_change_is_one_line() -> None:
    said = changes.line(FileChange(("service/app.py",), DONE, 1.2, None))
    assert said.endswith("service/app.py: started service; serving after 1.2 s")
    assert "a and 2 files more" in changes.line(FileChange(("a", "b", "c"), DONE, 1.2, None))


def test_what_has_no_effect_is_said() -> None:
    nothing = tuple(replace(step, changed=False) for step in DONE)
    assert changes.line(FileChange(("service/a.md",), nothing, 1.2, None)).endswith("service/a.md: nothing to change")


def test_what_could_not_be_served_is_told_with_its_cause(capsys: pytest.CaptureFixture[str]) -> None:
    changes.show(FileChange(("service/app.py",), (), 3.0, LabError("service ended", hint="labctl logs service")))
    said = capsys.readouterr()
    assert "not served, after 3.0 s" in said.out
    assert "service ended" in said.err
