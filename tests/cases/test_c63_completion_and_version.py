"""C63: `labctl --version`; the shell completes trace ids, run ids, scenarios and settings, and never shows an error."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from labctl import __version__
from tests.driver import Driver, a_name

LABCTL = str(Path(sys.executable).parent / "labctl")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    driver = Driver(a_name("completion"), tmp_path_factory.mktemp("state"))
    driver.settings["DEFAULT_LATENCY_MS"] = "5"
    with driver.up():
        driver.run("load", "-n", "5", "-c", "1")
        yield driver


def offered(env: dict[str, str], *words: str) -> list[str]:
    """What bash is told after these words; the last is the beginning of one."""
    asked = {"_LABCTL_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(["labctl", *words]), "COMP_CWORD": str(len(words))}
    said = subprocess.run([LABCTL], env={**env, **asked}, capture_output=True, text=True, timeout=60, check=False)
    assert said.stderr == ""
    return said.stdout.split()


def test_the_version_is_an_option_too() -> None:
    said = subprocess.run([LABCTL, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
    assert said.startswith(f"labctl {__version__} ")


def test_trace_ids(lab: Driver) -> None:
    words = offered(lab.env, "trace", "")
    assert {"slowest", "up"} <= set(words)
    ids = [word for word in words if len(word) == 32]
    assert len(ids) >= 5
    same = offered(lab.env, "trace", ids[0][:6])
    assert ids[0] in same
    assert all(word.startswith(ids[0][:6]) for word in same)


def test_run_ids(lab: Driver) -> None:
    run_id = lab.json("runs")["runs"][0]["run_id"]
    for words in (("compare", ""), ("trace", "slowest", "--run", "")):
        assert {"last", run_id} <= set(offered(lab.env, *words))


def test_scenarios_and_settings() -> None:
    env = dict(os.environ)
    assert offered(env, "load", "--scenario", "") == ["poison", "soak", "spike", "steady"]
    assert offered(env, "up", "--set", "LABCTL_SERVICE") == ["LABCTL_SERVICE_PORT="]


def test_where_no_lab_runs_nothing_is_said(tmp_path: Path) -> None:
    env = {**os.environ, "LABCTL_LAB": "nobodys-lab", "LABCTL_STATE_DIR": str(tmp_path)}
    assert offered(env, "trace", "ab") == []
    assert offered({**env, "LABCTL_LAB": "NOT A NAME"}, "compare", "") == []
