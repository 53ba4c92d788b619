"""What may be begun, asked again and answered while a lesson is open: all that needs no lab."""

from pathlib import Path

import pytest

from labctl import config
from labctl.cli.lessons.scene import undone
from labctl.errors import Refused, UsageError
from labctl.lab.plan import NoReport
from labctl.lessons import course, progress
from labctl.lessons.lesson import Lesson
from labctl.lessons.progress import LessonProgress, OpenLesson
from labctl.lessons.stage import LabStage
from labctl.lessons.table import LESSONS
from labctl.ui.lessons import lesson as screen


@pytest.fixture
def stage(tmp_path: Path) -> LabStage:
    return LabStage({"LABCTL_STATE_DIR": str(tmp_path), "LABCTL_LAB": "unit"}, NoReport())


def opened(stage: LabStage, changed_by: str = "") -> OpenLesson:
    found = OpenLesson("limits", progress.encode({"ms": 20}), hints=1, changed_by=changed_by)
    progress.write(stage.config.state, LessonProgress({"cost": 3}, found))
    return found


def test_an_open_lesson_is_shown_again_with_its_hints_and_points(stage: LabStage) -> None:
    before = opened(stage)
    assert course.begin(stage, "limits").open == before


def test_another_is_refused_with_the_line_that_begins_it(stage: LabStage) -> None:
    before = opened(stage)
    with pytest.raises(UsageError, match="the lesson limits is still open, with 4 points") as caught:
        course.begin(stage, "cost")
    assert caught.value.hint == "labctl learn --stop && labctl learn cost"
    assert progress.read(stage.config.state).open == before


def test_what_is_judged_by_the_lab_as_it_is_cannot_be_once_that_has_changed(stage: LabStage) -> None:
    opened(stage, changed_by="labctl up")
    with pytest.raises(Refused, match="`labctl up` has undone") as caught:
        course.answer(stage, "12")
    assert caught.value.hint == "labctl learn --restart"


def test_the_screen_says_what_has_undone_the_scene(stage: LabStage, capsys: pytest.CaptureFixture[str]) -> None:
    with undone(config.load(stage.flags), "labctl up"):
        pass
    assert not (stage.config.state / progress.FILE).exists(), "without an open lesson there is nothing to say"
    opened(stage)
    with undone(config.load(stage.flags), "labctl up"):
        assert "the open lesson limits" in capsys.readouterr().err
        assert not course.begin(stage, "limits").open.changed_by
    screen.show(course.begin(stage, "limits"))
    assert "`labctl up` has undone" in capsys.readouterr().out


def test_a_command_that_was_refused_has_undone_nothing(stage: LabStage) -> None:
    before = opened(stage)
    with pytest.raises(Refused), undone(config.load(stage.flags), "labctl up"):
        raise Refused("no")
    assert progress.read(stage.config.state).open == before


def test_a_damaged_file_does_not_keep_the_lab_down(stage: LabStage) -> None:
    opened(stage)
    (stage.config.state / progress.FILE).write_text("{")
    with undone(config.load(stage.flags), "labctl up"):
        pass


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_first_command_is_named_that_is_no_diagnosis(lesson: Lesson) -> None:
    assert lesson.start.startswith("labctl ")
    assert "why" not in lesson.start
