"""What changes is seen, whatever becomes of the files and folders."""

import os
import shutil
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from labctl.host.watch import Watch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src" / "deep").mkdir(parents=True)
    (tmp_path / "src" / "deep" / "a.py").write_text("1")
    (tmp_path / "file").write_text("1")
    return tmp_path


def seen(folder: Path, act: Callable[[], object], watch: Watch | None = None) -> list[str]:
    """What a watch says that has been there before `act`, relative to the folder."""
    watching = watch or Watch([folder / "src", folder / "file"])
    timer = threading.Timer(0.01, act)
    timer.start()
    changed = watching.changed()
    timer.join()
    return sorted(str(path.relative_to(folder)) for path in changed)


def replace(path: Path, text: str) -> None:
    """As `sed -i` does."""
    fresh = path.with_name("fresh")
    fresh.write_text(text)
    fresh.replace(path)


def test_a_file_that_is_replaced_is_seen_each_time(folder: Path) -> None:
    watch = Watch([folder / "file"])
    for text in "234":
        assert seen(folder, partial(replace, folder / "file", text), watch) == ["file"]


def test_a_folder_that_is_moved_away_and_back_is_seen(folder: Path) -> None:
    watch = Watch([folder / "src"])
    assert "src/deep/a.py" in seen(folder, lambda: (folder / "src").rename(folder / "away"), watch)
    assert "src/deep/a.py" in seen(folder, lambda: (folder / "away").rename(folder / "src"), watch)
    assert seen(folder, lambda: (folder / "src" / "deep" / "a.py").write_text("22"), watch) == ["src/deep/a.py"]


def test_new_and_deleted_files_are_seen(folder: Path) -> None:
    watch = Watch([folder / "src"])
    assert seen(folder, (folder / "src" / "b.py").touch, watch) == ["src/b.py"]
    assert seen(folder, lambda: shutil.rmtree(folder / "src" / "deep"), watch) == ["src/deep/a.py"]


def test_what_is_no_file_plays_no_part(folder: Path) -> None:
    watch = Watch([folder / "src"])
    src = folder / "src"

    def act() -> None:
        os.mkfifo(src / "fifo")
        (src / "loop").symlink_to("loop")
        (src / ".#a.py").symlink_to("user@host")
        (src / "__pycache__").mkdir()
        (src / "__pycache__" / "a.pyc").touch()
        (src / "z.py").touch()

    assert seen(folder, act, watch) == ["src/z.py"]


def test_what_is_saved_in_steps_is_one_change(folder: Path) -> None:
    def act() -> None:
        for number in range(5):
            (folder / "src" / f"{number}.py").touch()
            threading.Event().wait(0.02)

    assert len(seen(folder, act)) == 5
