"""Whose a cluster is, before anything is done to it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labctl.components import DEFAULT_PORTS
from labctl.errors import Refused
from labctl.model import LabSpec
from labctl.targets.kind.cluster.names import default_names
from labctl.targets.kind.target import KindTarget

NODE = {
    "Name": "/mcp-cluster-control-plane", "Id": "abcdef0123456789", "Created": "2026-01-01T00:00:00.123456789Z",
    "State": {"Running": True},
    "Config": {"Labels": {"io.x-k8s.kind.cluster": "mcp-cluster"}},
    "HostConfig": {"PortBindings": {"30090/tcp": [{"HostIp": "127.0.0.1", "HostPort": "9002"}]}},
    "Mounts": [{"Destination": "/var"}, {"Destination": "/labctl.dev/lab/ai-ml-lab-2-2"}],
}
NODES = {"/containers/json?label": (200, [{"Id": "abcdef0123456789"}])}
INSPECTED = "/containers/mcp-cluster-control-plane/json"


def spec(tmp_path: Path) -> LabSpec:
    return LabSpec("ai-ml-lab-2-2", tmp_path, tmp_path / "state", DEFAULT_PORTS, {}, 1, 1)


def test_a_node_with_our_mount_is_ours(docker: Any, tmp_path: Path) -> None:
    docker({INSPECTED: (200, NODE), "/containers/json": (200, []), **NODES})
    target = KindTarget(spec(tmp_path))
    assert target.exists()
    assert target.endpoints().service == "http://127.0.0.1:9002"
    assert list(target.check()) == ["the cluster mcp-cluster exists"]


def test_a_foreign_cluster_of_that_name_is_refused_before_anything_is_done(docker: Any, tmp_path: Path) -> None:
    foreign = NODE | {"Mounts": [], "State": {"Running": False}}
    engine = docker({INSPECTED: (200, foreign), "/containers/json": (200, []), **NODES})
    target = KindTarget(spec(tmp_path))
    assert not target.exists()
    for verb in (target.check, target.provision, target.destroy):
        with pytest.raises(Refused, match="was not created for the lab"):
            list(verb())
    assert {asked.partition(" ")[0] for asked in engine.asked} == {"GET"}


def test_without_the_docker_command_kind_cannot_be_used(docker: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    docker({})
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(Refused, match="docker is not on the PATH"):
        list(KindTarget(spec(tmp_path)).check())


def test_the_default_lab_has_the_tutorials_names_and_others_their_own(tmp_path: Path) -> None:
    default = default_names(spec(tmp_path))
    assert (default.cluster, default.namespace) == ("mcp-cluster", "ai-ml-lab-2-2")
    assert default_names(replace(spec(tmp_path), cluster="mine")).node == "mine-control-plane"
