"""A lab that would export to itself is refused on both targets; others at the same host or port are not."""

from pathlib import Path

import pytest

from labctl.components import DEFAULT_PORTS, VIEWER
from labctl.errors import UsageError
from labctl.model import LabSpec
from labctl.targets.export_loop import require_none_here, require_none_in_cluster


def spec(tmp_path: Path, export: str) -> LabSpec:
    return LabSpec("x", tmp_path, tmp_path, DEFAULT_PORTS, {}, 1, 1, switches={"export": export})


@pytest.mark.parametrize(("export", "rest"), [
    ("http://127.0.0.1:4318", "off"), ("file,mine=http://localhost:4318/otlp", "file"), ("grpc://[::1]", "off"),
])
def test_processes(tmp_path: Path, export: str, rest: str) -> None:
    with pytest.raises(UsageError, match="the lab's own collector") as refused:
        require_none_here(spec(tmp_path, export))
    assert refused.value.hint == f"labctl up --export {rest}"


@pytest.mark.parametrize("host", ["otel-collector", "otel-collector.mine", "otel-collector.mine.svc.cluster.local"])
def test_in_a_cluster(tmp_path: Path, host: str) -> None:
    with pytest.raises(UsageError, match="the lab's own collector"):
        require_none_in_cluster(spec(tmp_path, f"jaeger,grpc://{host}"), "mine")


@pytest.mark.parametrize("export", ["http://localhost:9003", "grpc://127.0.0.1:9004"])
def test_the_viewer_as_a_process(tmp_path: Path, export: str) -> None:
    with pytest.raises(UsageError, match="the lab's own viewer"):
        require_none_here(spec(tmp_path, export))


def test_the_viewer_in_a_cluster(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the lab's own viewer"):
        require_none_in_cluster(spec(tmp_path, f"http://{VIEWER.cluster.deployment}.mine:9003"), "mine")


@pytest.mark.parametrize("export", [
    "off", "prometheus,file,jaeger", "http://127.0.0.1:5318", "http://otel-collector.other:4318", "http://otel-collector:9",
])
def test_others(tmp_path: Path, export: str) -> None:
    require_none_here(spec(tmp_path, export))
    require_none_in_cluster(spec(tmp_path, export), "mine")
