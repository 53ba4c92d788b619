"""More ways in which a lab goes."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.driver import Driver, a_name, kind_is_missing

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.skipif(bool(kind_is_missing()), reason=kind_is_missing())]


@contextmanager
def nothing_stays_in_docker(lab: str) -> Iterator[None]:
    """Of a lab that comes and goes within the block."""
    before = seen_by_docker(lab)
    yield
    assert seen_by_docker(lab) - before == set()


def seen_by_docker(lab: str) -> set[str]:
    """Containers, volumes that none has, and networks; without the clusters of other labs, which come and go as they like."""
    cluster = "io.x-k8s.kind.cluster"
    containers = docker("ps", "-a", "--format", f'container {{{{.ID}}}} of {{{{.Label "{cluster}"}}}}')
    own = {line for line in containers if line.split(" of ")[1] in ("", lab)}
    volumes = docker("volume", "ls", "--filter", "dangling=true", "--format", "volume {{.Name}}")
    return own | volumes | docker("network", "ls", "--format", "network {{.Name}}")


def docker(*words: str) -> set[str]:
    return set(subprocess.run(["docker", *words], check=True, capture_output=True, text=True, timeout=20).stdout.splitlines())


@pytest.mark.parametrize("had_one", [True, False])
def test_nothing_is_left(tmp_path: Path, had_one: bool) -> None:
    """Up, state folder away, down; `had_one` says whether the user has a kubeconfig."""
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    temporary.mkdir()
    own = home / ".kube" / "config"
    if had_one:
        own.parent.mkdir(parents=True)
        own.write_text("apiVersion: v1\nkind: Config\n# as the user left it\n")
        os.utime(own, (1, 1))
    lab = Driver(a_name("end"), tmp_path / "state", target="kind")
    # what docker itself writes belongs to the real home
    real = os.environ.get("DOCKER_CONFIG", str(Path.home() / ".docker"))
    lab.settings |= {"HOME": str(home), "TMPDIR": str(temporary), "DOCKER_CONFIG": real}
    with nothing_stays_in_docker(lab.name):
        lab.run("up", "--timeout", "120s", timeout=180)
        shutil.rmtree(lab.state)
        assert f"{lab.name} is down" in lab.run("down").stdout
    assert list(temporary.iterdir()) == []
    assert own.exists() == had_one
    if had_one:
        assert own.read_text().endswith("# as the user left it\n")
        assert own.stat().st_mtime == 1
    assert "was not up" in lab.run("down").stdout


def kubectl(lab: Driver, *words: str) -> str:
    return subprocess.run(["kubectl", *words], env=lab.env, capture_output=True, text=True, check=True, timeout=60).stdout


def test_a_merged_kubeconfig_is_as_it_was_afterwards(tmp_path: Path) -> None:
    own = tmp_path / "config"
    lab = Driver(a_name("merged"), tmp_path / "state", target="kind", settings={"KUBECONFIG": str(own)})
    lab.run("up", "--timeout", "120s", timeout=180)
    try:
        assert not own.exists()
        assert lab.run("kubeconfig", "--merge").stdout.strip() == str(own)
        assert kubectl(lab, "config", "get-contexts", "-o", "name").split() == [f"kind-{lab.name}"]
        assert lab.run("down", "--keep-cluster").returncode == 0
        assert "labctl.dev" not in kubectl(lab, "get", "namespaces", "--show-labels")
        lab.run("up")
    finally:
        lab.run("down", code=None)
    assert lab.name not in own.read_text()
