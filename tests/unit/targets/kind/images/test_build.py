"""Images are named by what goes into them, wherever the project lies."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import labctl
from labctl.config import load
from labctl.errors import Refused
from labctl.model import LabSpec
from labctl.targets.kind.images import build

ROOT = Path(labctl.__file__).parent.parent


def spec(project: Path) -> LabSpec:
    return replace(load({}, {}, ROOT).spec(), project=project)


def copy(folder: Path, *names: str) -> Path:
    for name in names:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Dockerfile", folder)
    return folder


def test_the_same_files_have_the_same_name_whatever_their_times_and_modes(tmp_path: Path) -> None:
    project = copy(tmp_path, "service", "labctl")
    for file in (project / "service").rglob("*.py"):
        os.utime(file, (1, 1))
        file.chmod(0o600)
    assert build.images(spec(project)) == build.images(spec(ROOT))


def test_a_project_without_labctl_takes_the_viewer_of_the_one_that_runs(tmp_path: Path) -> None:
    project = copy(tmp_path, "service")
    assert build.images(spec(project)) == build.images(spec(ROOT))
    with build.context(project) as folder:
        assert (folder / "labctl" / "telemetry" / "store").exists()
        assert (folder / "labctl" / "errors.py").is_file()
        assert (folder / "service" / "app.py").is_file()
    assert not folder.exists()


def test_an_edit_changes_the_name_of_what_it_touches_alone(tmp_path: Path) -> None:
    project = copy(tmp_path, "service", "labctl")
    service, viewer = build.images(spec(project))
    with (project / "service" / "app.py").open("a") as file:
        file.write("# edited")
    edited, same = build.images(spec(project))
    assert edited.ref != service.ref
    assert same == viewer


def test_a_project_without_a_dockerfile_is_one_line(tmp_path: Path) -> None:
    (copy(tmp_path, "service", "labctl") / "Dockerfile").unlink()
    with pytest.raises(Refused, match="Dockerfile: there is no such file"):
        build.images(spec(tmp_path))
