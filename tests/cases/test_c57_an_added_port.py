"""C57: `labctl forward collector 8889` after an exporter that listens on it was added to the collector's configuration."""

import urllib.request
from pathlib import Path

import pytest
import yaml

from tests.cases.projects import copy_of_the_project
from tests.driver import Driver, a_name, collector_on_path, free_ports

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def add_exporter(project: Path, host: str, port: int) -> None:
    file = project / "manifests" / "collector-config.yaml"
    config_map = yaml.safe_load(file.read_text())
    config = yaml.safe_load(config_map["data"]["collector.yaml"])
    config["exporters"]["prometheus"] = {"endpoint": f"{host}:{port}"}
    receivers = {"receivers": ["otlp"], "processors": ["memory_limiter", "batch"], "exporters": ["prometheus"]}
    config["service"]["pipelines"]["metrics/scraped"] = receivers
    config_map["data"]["collector.yaml"] = yaml.safe_dump(config)
    file.write_text(yaml.safe_dump(config_map))


def forwarded(lab: Driver, port: int) -> str:
    forward = lab.start("forward", "collector", f":{port}")
    assert forward.stdout is not None
    try:
        line = forward.stdout.readline()
        assert f"-> {port}" in line, forward.stderr and forward.stderr.read()
        here = line.split(" -> ")[0].rpartition(":")[2]
        with urllib.request.urlopen(f"http://127.0.0.1:{here}/metrics", timeout=10) as answer:
            return answer.read().decode()
    finally:
        forward.terminate()
        forward.communicate(timeout=10)


def test_it_is_forwarded_to_a_process(tmp_path: Path) -> None:
    if not collector_on_path():
        pytest.skip("no otelcol on the PATH")
    project, port = copy_of_the_project(tmp_path / "project"), free_ports(1)[0]
    with Driver(a_name("c57"), tmp_path / "state").up("--project", str(project)) as lab:
        refused = lab.run("forward", "collector", f":{port}", code=1).stderr
        assert f"the collector does not listen on port {port}" in refused
        assert "its ports: 4317, 4318, 8888, 13133" in refused
        add_exporter(project, "127.0.0.1", port)
        lab.run("up", "--project", str(project))
        lab.run("load", "-n", "20", "--rps", "50")
        assert "http_requests" in forwarded(lab, port)


def test_it_is_forwarded_to_a_pod_in_kind(kind_lab: Driver, tmp_path: Path) -> None:
    refused = kind_lab.run("forward", "collector", ":8889", code=1).stderr
    assert "the collector does not listen on port 8889" in refused
    project = copy_of_the_project(tmp_path / "project")
    add_exporter(project, "0.0.0.0", 8889)
    try:
        kind_lab.run("up", "--project", str(project))
        kind_lab.run("load", "-n", "20", "--rps", "50")
        assert "http_requests" in forwarded(kind_lab, 8889)
    finally:
        kind_lab.run("up")
