"""An open lesson is told by whom its scene was undone, also by a command that failed half-way."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from labctl.cli.lessons.scene import undone
from labctl.config import load
from labctl.errors import LabError, NotReady, Refused
from labctl.lessons import progress
from labctl.lessons.progress import LessonProgress, OpenLesson


@pytest.mark.parametrize(("error", "by"), [(NotReady("late"), "labctl up"), (Refused("no"), ""), (None, "labctl up")])
def test_what_a_failed_command_has_undone_is_recorded(tmp_path: Path, error: LabError | None, by: str) -> None:
    config = load({"LABCTL_STATE_DIR": str(tmp_path)}, {}, tmp_path)
    progress.write(config.state, LessonProgress(open=OpenLesson("cost", progress.encode({"run": "x"}))))
    with pytest.raises(type(error)) if error else nullcontext(), undone(config, "labctl up"):
        if error:
            raise error
    opened = progress.read(config.state).open
    assert opened
    assert opened.changed_by == by
