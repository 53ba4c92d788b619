"""The tutorial's plain cluster, and what labctl adds to it: ports, a fast start, its name and its mounts."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from labctl.components import DEFAULT_PORTS
from labctl.model import LabSpec
from labctl.targets.kind.cluster import kind_file
from labctl.targets.kind.cluster.names import default_names
from tests.driver import ROOT


@pytest.fixture
def spec(tmp_path: Path) -> LabSpec:
    project = tmp_path / "project"
    shutil.copytree(ROOT / "manifests", project / "manifests")
    shutil.copy(ROOT / kind_file.KIND_FILE, project)
    return LabSpec("second", project, tmp_path / "state", {**DEFAULT_PORTS, "service": 19002}, {}, 1234, 60)


def made(spec: LabSpec) -> dict[str, Any]:
    return kind_file.configuration(spec, default_names(spec))


def rewrite(spec: LabSpec, **fields: Any) -> None:
    """The project's own kind file with other fields."""
    file = spec.project / kind_file.KIND_FILE
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | fields))


def test_the_tutorials_cluster_is_plain() -> None:
    cluster = yaml.safe_load((ROOT / kind_file.KIND_FILE).read_text())
    assert set(cluster) == {"kind", "apiVersion", "name", "nodes"}
    assert cluster["name"] == "mcp-cluster"
    assert [set(node) for node in cluster["nodes"]] == [{"role", "image"}]


def test_the_labs_ports_name_and_mounts_are_added(spec: LabSpec) -> None:
    cluster = made(spec)
    [node] = cluster["nodes"]
    assert cluster["name"] == "second"
    assert {mapping["containerPort"]: mapping["hostPort"] for mapping in node["extraPortMappings"]} == {
        30090: 19002, 30093: 9003, 30317: 4317, 30318: 4318,
    }
    assert [mount["containerPath"] for mount in node["extraMounts"]] == ["/labctl.dev/lab/second", "/labctl.dev/namespace/second"]
    assert node["image"] == kind_file.node_image(spec)


def test_dns_is_left_out_at_first(spec: LabSpec) -> None:
    patches = [yaml.safe_load(patch) for patch in made(spec)["kubeadmConfigPatches"]]
    [init] = [patch for patch in patches if patch["kind"] == "InitConfiguration"]
    assert kind_file.DNS_PHASE in init["skipPhases"]


def test_what_the_project_says_itself_decides(spec: LabSpec) -> None:
    mappings = [{"containerPort": 30090, "hostPort": 1, "listenAddress": "0.0.0.0"}, {"containerPort": 31000, "hostPort": 31000}]
    mounts = [{"hostPath": "/a", "containerPath": "/b"}]
    node = {"role": "control-plane", "image": "x", "extraPortMappings": mappings, "extraMounts": mounts}
    patch = "kind: KubeletConfiguration\nmaxPods: 5\n"
    rewrite(spec, nodes=[node, {"role": "worker"}], kubeadmConfigPatches=[patch], networking={"ipFamily": "ipv4"})
    cluster = made(spec)
    ports = {mapping["containerPort"]: mapping for mapping in cluster["nodes"][0]["extraPortMappings"]}
    assert ports[30090] == {"containerPort": 30090, "hostPort": 19002, "listenAddress": "0.0.0.0"}
    assert ports[31000]["hostPort"] == 31000
    assert len(ports) == 5
    assert cluster["nodes"][0]["extraMounts"][0]["hostPath"] == "/a"
    assert cluster["nodes"][1:] == [{"role": "worker"}]
    assert cluster["networking"] == {"ipFamily": "ipv4"}
    assert "maxPods" in cluster["kubeadmConfigPatches"][-1]
