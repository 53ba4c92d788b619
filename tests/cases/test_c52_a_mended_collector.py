"""C52: a collector with a wrong exporter endpoint, 10 % sampling or a bad configuration, mended: the next `up` passes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cases.projects import copy_of_the_project
from tests.driver import Driver, a_name, collector_on_path

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def wrong_endpoint(config: dict[str, Any]) -> None:
    config["exporters"]["otlp_http/viewer"]["endpoint"] = "http://127.0.0.1:9"


def sampling(config: dict[str, Any]) -> None:
    config["processors"]["probabilistic_sampler"] = {"sampling_percentage": 0.001}
    config["service"]["pipelines"]["traces"]["processors"].append("probabilistic_sampler")


def bad_key(config: dict[str, Any]) -> None:
    config["processors"]["batch"]["timeoutt"] = "1s"


def edit_collector(project: Path, change: Callable[[dict[str, Any]], None]) -> None:
    file = project / "manifests" / "collector-config.yaml"
    config_map = yaml.safe_load(file.read_text())
    config = yaml.safe_load(config_map["data"]["collector.yaml"])
    change(config)
    config_map["data"]["collector.yaml"] = yaml.safe_dump(config)
    file.write_text(yaml.safe_dump(config_map))


def break_and_mend(lab: Driver, project: Path, change: Callable[[dict[str, Any]], None]) -> None:
    edit_collector(project, change)
    broken = lab.run("up", "--project", str(project), "--timeout", "6s", code=None)
    assert broken.returncode in {1, 5}, broken.stderr
    assert "try: " in broken.stderr
    lab.run("up")                       # raises where the first one does not pass
    lab.run("check")


# what comes through a collector that runs is waited for in the same way on both targets
@pytest.mark.parametrize("change", [
    pytest.param(wrong_endpoint, marks=pytest.mark.slow), pytest.param(sampling, marks=pytest.mark.slow), bad_key,
])
def test_the_next_up_passes_in_kind(kind_lab: Driver, tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    kind_lab.run("up")
    break_and_mend(kind_lab, copy_of_the_project(tmp_path), change)


def test_the_next_up_passes_here(tmp_path: Path) -> None:
    if not collector_on_path():
        pytest.skip("no otelcol on the PATH")
    with Driver(a_name("c52"), tmp_path / "state").up() as lab:
        for change in (wrong_endpoint, sampling, bad_key):
            break_and_mend(lab, copy_of_the_project(tmp_path / change.__name__), change)
