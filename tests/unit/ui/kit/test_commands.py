"""A command that is shown can be typed as it stands."""

from pathlib import Path

import pytest
from typer.core import TyperGroup

from labctl.cli.commands import MODULES
from labctl.cli.lazy import build
from labctl.ui.kit.commands import ACTIONS, typed


@pytest.fixture(autouse=True)
def on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    program = tmp_path / "bin" / "labctl"
    program.parent.mkdir()
    program.touch(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [str(program), "up"])
    return program


def test_without_flags_it_stays(monkeypatch: pytest.MonkeyPatch, on_the_path: Path) -> None:
    assert typed("labctl load") == "labctl load"
    monkeypatch.setattr("sys.argv", [str(on_the_path)])
    assert typed("labctl load") == "labctl load"


@pytest.mark.parametrize("words", [["--lab", "newcomer"], ["--lab=newcomer"]])
def test_the_lab_of_a_flag_is_named_again(monkeypatch: pytest.MonkeyPatch, on_the_path: Path, words: list[str]) -> None:
    monkeypatch.setattr("sys.argv", [str(on_the_path), "up", *words])
    assert typed("end that program, or: labctl up --set A=1") == "end that program, or: labctl up --lab newcomer --set A=1"
    assert typed("labctl down --lab other") == "labctl down --lab other"
    assert typed("labctl version") == "labctl version"


def test_the_flags_of_an_action_follow_it(monkeypatch: pytest.MonkeyPatch, on_the_path: Path) -> None:
    monkeypatch.setattr("sys.argv", [str(on_the_path), "why", "--lab", "other"])
    assert typed("labctl certs rotate --ca") == "labctl certs rotate --lab other --ca"
    groups = {name: found for name in MODULES if isinstance(found := build(name), TyperGroup)}
    assert {f"{name} {action}" for name, group in groups.items() for action in group.commands} == set(ACTIONS)


def test_a_lab_of_the_environment_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABCTL_LAB", "newcomer")
    assert typed("labctl load") == "labctl load"


def test_a_program_that_is_not_on_the_path_is_named_by_its_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert typed("labctl load") == "bin/labctl load"
    monkeypatch.chdir("/")
    assert typed("labctl load") == f"{str(tmp_path).lstrip('/')}/bin/labctl load"
    monkeypatch.chdir("/usr")
    assert typed("labctl load") == f"{tmp_path}/bin/labctl load"


def test_other_text_stays() -> None:
    assert typed("set LABCTL_STATE_DIR, or free some: labctl.dev/lab") == "set LABCTL_STATE_DIR, or free some: labctl.dev/lab"
