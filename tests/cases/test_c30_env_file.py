"""C30: a `.env` that is not text in UTF-8, or that misspells a setting, is one line with the file and what is right."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from labctl.project import KIND_FILE
from tests.cases.surroundings import first_line, labctl


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / KIND_FILE).touch()
    (tmp_path / "manifests").mkdir()
    return tmp_path


@pytest.mark.parametrize(("content", "said"), [
    ("A=1\nAPP_ENV=größe\n".encode("latin-1"), "line 2: byte 0xf6 is not UTF-8"), ("APP_ENV=x".encode("utf-16"), "UTF-16"),
    (b"A=1\nB=a\0b\n", "line 2: a NUL byte"), (b"A=1\nB='x\n", "line 2: expected NAME=VALUE"),
    (b"LABCTL_SERVICE_PRT=1\n", "no setting LABCTL_SERVICE_PRT"), (b"LABCTL_WHATEVER=1\n", "no setting LABCTL_WHATEVER"),
    (b"LABCTL_LAB=" + b"\xc3\xbc" + b"\n", "LABCTL_LAB=ü (.env): expected"),
])
def test_a_bad_env_file_is_one_line(project: Path, content: bytes, said: str) -> None:
    (project / ".env").write_bytes(content)
    done = labctl("config", env={"LABCTL_LAB": None}, cwd=project, afresh=False)
    assert done.returncode in {2, 3}
    assert said in first_line(done)
    assert ".env" in first_line(done)


def test_a_slip_is_told_with_the_name_that_was_meant(project: Path) -> None:
    (project / ".env").write_text("LABCTL_SERVICE_PRT=1\n")
    assert "LABCTL_SERVICE_PORT" in labctl("status", env={}, cwd=project, afresh=False).stderr
    (project / ".env").unlink()
    assert "LABCTL_SERVICE_PORT" in labctl("status", env={"LABCTL_SERVICE_PRT": "1"}, cwd=project, afresh=False).stderr


@pytest.mark.parametrize("content", ["APP_ENV=x".encode("utf-8-sig"), b"# \xc3\xbc\nexport APP_ENV=x",
                                     b"APP_ENV=x\r\nDATABASE_URL=y\r\n"])
def test_a_good_env_file_is_read(project: Path, content: bytes) -> None:
    (project / ".env").write_bytes(content)
    done = labctl("config", "-o", "json", env={}, cwd=project, afresh=False)
    assert '"value": "x"' in done.stdout


@pytest.mark.parametrize("kind", ["pipe", "folder", "dangling"])
def test_what_is_no_file_is_no_env_file(project: Path, kind: str) -> None:
    path = project / ".env"
    make: dict[str, Callable[[], None]] = {
        "pipe": lambda: os.mkfifo(path), "folder": path.mkdir, "dangling": lambda: path.symlink_to("nowhere"),
    }
    make[kind]()
    assert '"env_file": null' in labctl("config", "-o", "json", env={}, cwd=project, afresh=False).stdout
