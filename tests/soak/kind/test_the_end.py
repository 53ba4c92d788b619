"""More ways in which a lab goes."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.driver import Driver, a_name, kind_is_missing

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.skipif(bool(kind_is_missing()), reason=kind_is_missing())]


def seen_by_docker() -> dict[str, set[str]]:
    """Containers, volumes and networks."""
    asked = {"ps": ("ps", "-aq"), "volume": ("volume", "ls", "-q"), "network": ("network", "ls", "--format", "{{.Name}}")}
    return {name: set(subprocess.run(["docker", *words], check=True, capture_output=True, text=True, timeout=20).stdout.split())
            for name, words in asked.items()}


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
    before = seen_by_docker()
    lab.run("up", "--timeout", "120s", timeout=180)
    shutil.rmtree(lab.state)
    assert f"{lab.name} is down" in lab.run("down").stdout
    after = seen_by_docker()
    assert {name: after[name] - before[name] for name in after} == {"ps": set(), "volume": set(), "network": set()}
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
