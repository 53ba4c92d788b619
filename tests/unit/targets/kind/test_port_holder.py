"""C62: a port that a container holds is freed by a line for containers: its process is Docker's own proxy."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from labctl.errors import Refused
from labctl.targets.kind.port_holder import container_holder, require_free
from tests.unit.targets.kind.fake_engine import Answers, Server

CLUSTER = {
    "Names": ["/mcp-cluster-control-plane"], "Labels": {"io.x-k8s.kind.cluster": "mcp-cluster"},
    "Ports": [{"PrivatePort": 6443}, {"PrivatePort": 30090, "PublicPort": 9002}],
}
OTHER = {"Names": ["/web"], "Labels": None, "Ports": [{"PrivatePort": 80, "PublicPort": 8080}]}


def test_a_cluster_and_another_container_are_told_apart(docker: Callable[[Answers], Server]) -> None:
    docker({"/containers/json": (200, [CLUSTER, OTHER])})
    cluster, other = container_holder(9002), container_holder(8080)
    assert cluster
    assert cluster.hint == "kind delete cluster --name mcp-cluster"
    assert other
    assert (other.name, other.hint) == ("the container web", "docker stop web")
    assert container_holder(6443) is None


def test_without_an_engine_nobody_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    assert container_holder(9002) is None


def test_a_port_of_a_container_is_refused_with_its_line(docker: Callable[[Answers], Server]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        docker({"/containers/json": (200, [OTHER | {"Ports": [{"PublicPort": port}]}])})
        with pytest.raises(Refused, match=r"is taken by the container web") as caught:
            require_free({"service": port})
        assert caught.value.hint == "docker stop web"
