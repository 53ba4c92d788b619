"""The wheel alone, in a clean environment and an empty folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.driver import ROOT, Driver, a_name, path_without_collector


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The labctl of an environment into which nothing but the wheel was installed."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True, capture_output=True, timeout=120,
    )
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True, timeout=120)
    [wheel] = folder.glob("*.whl")
    assert wheel.name.endswith("-py3-none-any.whl")
    pip = [str(folder / "venv" / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--constraint", str(_versions(folder)), str(wheel)], check=True, timeout=300)
    return folder / "venv" / "bin" / "labctl"


def _versions(folder: Path) -> Path:
    """The lock file's versions without their hashes: a wheel that was just built has none in it."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(line.rstrip(" \\") for line in lines if line and not line.startswith((" ", "#"))))
    return constraints


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
