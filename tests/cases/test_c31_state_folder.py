"""C31, siblings: a state folder that cannot be made, is no folder, may not be written, or whose disk is full."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cases.surroundings import first_line, labctl
from tests.driver import Driver, a_name


@pytest.mark.parametrize("kind", ["device", "below a file", "pipe", "a dangling link"])
def test_what_is_no_folder_is_named(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "state"
    if kind == "device":
        path = Path(os.devnull)
    elif kind == "below a file":
        path.touch()
        path /= "below"
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/proc/nowhere/state")
    done = labctl("up", env={"LABCTL_STATE_DIR": str(path)}, afresh=False)
    assert done.returncode == 3
    assert first_line(done).startswith("error: the state folder cannot be written: ")
    assert "set LABCTL_STATE_DIR to another folder" in done.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=80M", "tmpfs", folder], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_disk_that_may_only_be_read(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    env = {"LABCTL_STATE_DIR": str(small_disk / "state")}
    done = labctl("up", env=env, afresh=False)
    assert done.returncode == 3
    assert "read-only file system" in first_line(done)
    assert labctl("runs", env=env, afresh=False).returncode == 0
    assert labctl("config", env=env, afresh=False).returncode == 0
    assert labctl("logs", env=env, afresh=False).returncode == 1


def test_a_disk_that_gets_full_under_a_running_lab(small_disk: Path) -> None:
    driver = Driver(a_name("case"), small_disk)
    with driver.up():
        with pytest.raises(OSError, match="No space"):
            (small_disk / "fill").write_bytes(bytes(100 << 20))
        assert driver.run("predict", "1", code=None).returncode in {0, 5}
        assert "MiB left on its disk" in driver.run("up", code=3).stderr
        driver.run("logs", "--tail", "1")
        driver.run("status", code=None)
        (small_disk / "fill").unlink()
        driver.run("up")
    assert not list(small_disk.rglob("labctl-fault-*"))
