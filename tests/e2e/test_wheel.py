"""The wheel alone, in a clean environment and an empty folder."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import labctl
from tests.driver import ROOT, Driver, a_name, path_without_collector
from tests.planted import SETTINGS, planted_in


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True, capture_output=True, timeout=120, env={**os.environ, **SETTINGS},
    )
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """The labctl of an environment into which nothing but the wheel was installed."""
    folder = wheel.parent
    uv = [str(Path(sys.executable).parent / "uv"), "--quiet"]           # links what it has installed before, where pip copies it
    subprocess.run([*uv, "venv", "--python", sys.executable, str(folder / "venv")], check=True, timeout=60)
    python = str(folder / "venv" / "bin" / "python")
    subprocess.run([*uv, "pip", "install", "--python", python, "--constraint", str(_versions(folder)), str(wheel)],
                   check=True, timeout=300)
    return folder / "venv" / "bin" / "labctl"


def _versions(folder: Path) -> Path:
    """The lock file's versions without their hashes: a wheel that was just built has none in it."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(line.rstrip(" \\") for line in lines if line and not line.startswith((" ", "#"))))
    return constraints


def test_its_name_is_free_on_the_index_and_it_is_for_every_platform(wheel: Path) -> None:
    """`labctl` belongs to another project there: only the command and the package are called so."""
    assert wheel.name == f"{labctl.DISTRIBUTION.replace('-', '_')}-{labctl.__version__}-py3-none-any.whl"


def test_it_holds_nothing_of_the_environment_that_it_was_built_in(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    assert [name for name in archive.namelist() if planted_in(archive.read(name))] == []


def test_it_holds_the_whole_project_of_the_lab(wheel: Path) -> None:
    held = {name.removeprefix("labctl/_data/") for name in zipfile.ZipFile(wheel).namelist()}
    files = ["manifests", "service", "Dockerfile", "kind-mcp-cluster.yaml", ".env.example"]
    listed = subprocess.run(["git", "ls-files", *files], cwd=ROOT, capture_output=True, text=True, check=True, timeout=20).stdout
    assert "manifests/kind/cluster.yaml" in held
    assert set(listed.split()) - held == set()


@pytest.mark.timeout(400)
def test_it_works_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    driver = Driver(a_name("wheel"), tmp_path / "state", path=path_without_collector(), cwd=empty)
    line = "labctl up && labctl load -n 50 && labctl trace slowest && labctl down"
    env = driver.env | {"PATH": f"{installed.parent}{os.pathsep}{driver.path}"}
    done = subprocess.run(["sh", "-c", line], env=env, cwd=empty, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "nothing lost" in done.stdout
    assert list(empty.iterdir()) == []
