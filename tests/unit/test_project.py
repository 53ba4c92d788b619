"""The project around the current folder, else the copy that came with labctl."""

from pathlib import Path

import pytest

from labctl.errors import UsageError
from labctl.project import KIND_FILE, find


def make(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / KIND_FILE).touch()
    (folder / "manifests").mkdir()
    return folder


def test_the_nearest_folder_above_wins(tmp_path: Path) -> None:
    outer, inner = make(tmp_path), make(tmp_path / "a" / "b")
    (inner / "c").mkdir()
    assert find(inner / "c").root == inner
    assert find(tmp_path / "a").root == outer


def test_one_of_the_two_marks_is_not_enough(tmp_path: Path) -> None:
    (tmp_path / KIND_FILE).touch()
    assert find(tmp_path).root != tmp_path


def test_elsewhere_the_copy_of_labctl_runs(tmp_path: Path) -> None:
    found = find(tmp_path)
    assert (found.root / "service").is_dir()
    assert "labctl" in found.origin


def test_a_named_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="manifests"):
        find(tmp_path, str(tmp_path))
