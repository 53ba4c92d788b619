"""C31, C32: no HOME, a user without a name, relative or unreadable folders, a current folder that is gone."""

import os
from pathlib import Path

import pytest

from tests.cases.surroundings import first_line, labctl

NOBODY = ("setpriv", "--reuid", "54321", "--clear-groups")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be a user without a name")


@as_root
def test_a_user_without_name_and_home_is_told_what_to_set() -> None:
    done = labctl("status", env={"HOME": None, "XDG_STATE_HOME": None}, prefix=NOBODY)
    assert done.returncode == 3
    assert "HOME is not set" in first_line(done)
    assert "LABCTL_STATE_DIR" in done.stderr


@as_root
def test_with_a_state_folder_such_a_user_can_work(tmp_path: Path) -> None:
    done = labctl("config", "-o", "json", env={"HOME": None, "LABCTL_STATE_DIR": "/tmp/state"}, prefix=NOBODY, cwd=Path("/"))
    assert done.returncode == 0
    assert '"state": "/tmp/state/' in done.stdout


@pytest.mark.parametrize(("env", "said"), [
    ({"LABCTL_STATE_DIR": "~nobodyhere/x"}, "LABCTL_STATE_DIR=~nobodyhere/x: there is no such user"),
    ({"LABCTL_PROJECT": "~nobodyhere/x"}, "LABCTL_PROJECT=~nobodyhere/x: there is no such user"),
    ({"LABCTL_STATE_DIR": b"/tmp/\xff"}, "LABCTL_STATE_DIR=/tmp/\\xff"), ({"HOME": b"/\xff"}, "HOME=/\\xff"),
    ({"XDG_STATE_HOME": b"/\xff"}, "XDG_STATE_HOME=/\\xff"), ({"APP_ENV": b"\xff"}, "APP_ENV=\\xff"),
    ({"OTEL_RESOURCE_ATTRIBUTES": b"a=\xff"}, "OTEL_RESOURCE_ATTRIBUTES=a=\\xff"), ({"LABCTL_LAB": b"\xff"}, "LABCTL_LAB=\\xff"),
])
def test_a_bad_variable_is_named(env: dict[str, str | bytes], said: str) -> None:
    done = labctl("config", env={"XDG_STATE_HOME": None, **env})
    assert done.returncode in {2, 3}
    assert said in first_line(done)


@pytest.mark.parametrize("variable", ["XDG_STATE_HOME", "HOME"])
def test_a_relative_folder_is_ignored(variable: str, tmp_path: Path) -> None:
    done = labctl("config", "-o", "json", env={"XDG_STATE_HOME": None, variable: "relative"}, cwd=tmp_path)
    assert done.returncode == 0
    assert "relative" not in done.stdout.partition('"settings"')[0]


def test_a_loop_of_links_is_named(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for setting in ("LABCTL_STATE_DIR", "LABCTL_PROJECT"):
        assert setting in first_line(labctl("status", env={setting: str(tmp_path / "loop" / "x")})), setting


def test_the_current_folder_may_be_gone(tmp_path: Path) -> None:
    gone = ("sh", "-c", 'mkdir "$0" && cd "$0" && rmdir "$0" && exec "$@"', str(tmp_path / "gone"))
    assert labctl("config", env={}, prefix=gone).returncode == 0
    done = labctl("status", env={"LABCTL_STATE_DIR": "state"}, prefix=gone)
    assert done.returncode == 3
    assert "the current folder was deleted" in first_line(done)
