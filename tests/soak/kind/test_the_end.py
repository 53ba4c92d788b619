"""More ways in which a lab goes."""

import subprocess
from pathlib import Path

import pytest

from tests.driver import Driver, a_name, kind_is_missing
from tests.e2e.kind.test_the_end import leaves_nothing

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.skipif(bool(kind_is_missing()), reason=kind_is_missing())]


def test_nothing_is_left_where_there_was_no_kubeconfig(tmp_path: Path) -> None:
    leaves_nothing(tmp_path, had_one=False)


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
