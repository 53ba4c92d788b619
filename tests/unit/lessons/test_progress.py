"""What has been learnt survives, and a file that is not ours is said to be one."""

from pathlib import Path

import pytest

from labctl.errors import LabError
from labctl.lessons import progress
from labctl.lessons.progress import LessonProgress, OpenLesson


def test_what_is_written_is_read(tmp_path: Path) -> None:
    known = LessonProgress({"tracing": 5}, OpenLesson("cost", progress.encode({"run": "ab"}), hints=1, wrong=2))
    progress.write(tmp_path / "new", known)
    assert progress.read(tmp_path / "new") == known
    assert known.open
    assert known.open.points == 2


def test_nothing_is_known_without_a_file(tmp_path: Path) -> None:
    assert progress.read(tmp_path) == LessonProgress()


def test_the_best_points_count() -> None:
    assert LessonProgress({"cost": 4}).with_solved("cost", 2).solved == {"cost": 4}


@pytest.mark.parametrize("text", [
    "[]", "{", '{"solved": 3}', '{"open": {"name": "cost", "secret": "\\u0007"}}', '{"open": {"name": 1}}',
])
def test_another_file_is_an_error_of_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / progress.FILE).write_text(text)
    with pytest.raises(LabError, match=progress.FILE):
        progress.read(tmp_path)


def test_a_file_that_cannot_be_read_has_a_line_that_mends_it(tmp_path: Path) -> None:
    (tmp_path / progress.FILE).write_text('{"solved": {"tracing": "y"}}')
    with pytest.raises(LabError, match="expected an integer") as caught:
        progress.read(tmp_path)
    assert caught.value.hint == f"rm {tmp_path / progress.FILE}; labctl mend; labctl up"
