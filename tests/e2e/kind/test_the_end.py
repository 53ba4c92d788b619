"""Taken down, a lab leaves nothing. The last test in the shared cluster; make soak looks at the whole machine."""

import shutil
import subprocess

import pytest

from tests.driver import Driver

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def docker(*words: str) -> set[str]:
    return set(subprocess.run(["docker", *words], check=True, capture_output=True, text=True, timeout=20).stdout.split())


def test_nothing_is_left_also_without_the_state_folder(kind_lab: Driver) -> None:
    node = f"{kind_lab.name}-control-plane"
    volumes = docker("inspect", "--format", "{{range .Mounts}}{{.Name}} {{end}}", node)
    assert volumes
    assert volumes <= docker("volume", "ls", "-q")
    shutil.rmtree(kind_lab.state)
    assert f"{kind_lab.name} is down" in kind_lab.run("down").stdout
    assert docker("ps", "-aq", "--filter", f"name={node}") == set()
    assert volumes & docker("volume", "ls", "-q") == set()
    assert "was not up" in kind_lab.run("down").stdout
