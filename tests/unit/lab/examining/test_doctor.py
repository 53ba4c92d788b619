"""What `doctor` finds is said in units and words that fit the screen."""

from pathlib import Path

import pytest

from labctl.config import load
from labctl.host import folders
from labctl.lab.examining import doctor


def found(folder: Path, name: str) -> str:
    spec = load({"LABCTL_STATE_DIR": str(folder), "LABCTL_LAB": "x"}, {}).spec()
    return next(check.found for check in doctor.machine(spec) if check.name == name)


def test_free_space_is_in_a_unit_that_fits_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "free_bytes", lambda _: 70602 << 20)
    assert found(tmp_path, "disk").startswith("68.9 GiB free")


def test_the_collectors_name_can_stand_in_a_line_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "otelcol-contrib").touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert found(tmp_path, "collector") == f"otelcol-contrib in {tmp_path}"
