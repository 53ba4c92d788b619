"""C32, C38: letters in paths that a shell, a search path or a URI treats apart; what editors leave among the sources."""

import os
import shutil
from pathlib import Path

import pytest

from tests.driver import ROOT, Driver, a_name, collector_on_path, path_without_collector

AWKWARD = """a:b?c#d%20 e'f"g$h${env:HOME}&;*|é"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "p:q r"
    folder.mkdir()
    for name in ("service", "manifests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Dockerfile", "kind-mcp-cluster.yaml"):
        shutil.copy(ROOT / name, folder)
    return folder


def leave_behind(folder: Path) -> None:
    """What an editor, a version control system or a mistake leaves among the sources."""
    (folder / ".#app.py").symlink_to("user@host.1234:567")
    (folder / "folder.py").mkdir()
    (folder / "loop.py").symlink_to("loop.py")
    (folder / "here").symlink_to(".")
    os.mkfifo(folder / "fifo.py")


@pytest.mark.parametrize("collector", ["otelcol", "embedded"])
def test_a_lab_runs_in_awkward_folders(tmp_path: Path, project: Path, collector: str) -> None:
    if collector == "otelcol" and not collector_on_path():
        pytest.skip("no collector on the PATH")
    leave_behind(project / "service")
    driver = Driver(a_name("case"), tmp_path / AWKWARD, cwd=project)
    driver.path = driver.path if collector == "otelcol" else path_without_collector()
    with driver.up():
        assert driver.json("status")["project"] == str(project)
        assert len(driver.json("predict", "1", "2")["trace"]["spans"]) == 5
        before = driver.pids()
        driver.run("up")
        assert driver.pids() == before
