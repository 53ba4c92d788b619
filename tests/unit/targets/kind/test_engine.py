"""The engine's command line stands in as a script on the PATH: what is tested is what we make of its answers."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from labctl.components import DEFAULT_PORTS
from labctl.errors import LabError, Refused
from labctl.model import LabSpec
from labctl.targets.kind import engine
from labctl.targets.kind.cluster.names import default_names
from labctl.targets.kind.target import KindTarget

NODE = [{
    "Name": "/mcp-cluster-control-plane", "Id": "abcdef0123456789", "Created": "2026-01-01T00:00:00.123456789Z",
    "State": {"Running": True},
    "Config": {"Labels": {"io.x-k8s.kind.cluster": "mcp-cluster"}},
    "HostConfig": {"PortBindings": {"30090/tcp": [{"HostIp": "127.0.0.1", "HostPort": "9002"}]}},
    "Mounts": [{"Destination": "/var"}, {"Destination": "/labctl.dev/lab/ai-ml-lab-2-2"}],
}]


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Makes `docker` a script of these lines."""
    def make(*lines: str) -> None:
        script = tmp_path / "docker"
        script.write_text("\n".join(("#!/bin/sh", *lines)) + "\n")
        script.chmod(0o755)

    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "kind").write_text("#!/bin/sh\n")
    (tmp_path / "kind").chmod(0o755)
    return make


def says(text: str, code: int = 1) -> tuple[str, ...]:
    return (f"echo '{text}' >&2", f"exit {code}")


@pytest.mark.parametrize(("said", "cause"), [
    ("Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?", "is not running"),
    ("permission denied while trying to connect to unix:///var/run/docker.sock", "may not use"),
    ("write /var/lib/docker/tmp: no space left on device", "disk is full"),
])
def test_an_engine_that_cannot_be_used_is_refused_with_a_remedy(docker, said: str, cause: str):
    docker(*says(said))
    with pytest.raises(Refused, match=cause) as caught:
        engine.inspect("any")
    assert caught.value.hint
    assert said in caught.value.detail


def test_a_machine_without_docker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match="not on the PATH"):
        engine.inspect("any")


def test_a_hung_engine_is_not_waited_for(docker):
    docker("exec sleep 30")
    with pytest.raises(Refused, match="does not answer"):
        engine.inspect("any", timeout=0.2)


def test_another_failure_shows_the_command_as_it_can_be_repeated(docker):
    docker(*says("something else"))
    with pytest.raises(LabError) as caught:
        engine.docker("image", "inspect", "a b")
    assert caught.value.detail == "$ docker image inspect 'a b'\nsomething else"


def test_no_container_is_no_error(docker):
    docker(*says("Error response from daemon: No such container: any"))
    assert engine.inspect("any") is None


def spec(tmp_path: Path) -> LabSpec:
    return LabSpec("ai-ml-lab-2-2", tmp_path, tmp_path / "state", DEFAULT_PORTS, {}, 1, 1)


def test_a_node_with_our_mark_is_ours(docker, tmp_path: Path):
    docker('test "$1" = ps && exit', f"cat <<'E'\n{json.dumps(NODE)}\nE")
    target = KindTarget(spec(tmp_path))
    assert target.exists()
    assert target.endpoints().service == "http://127.0.0.1:9002"
    assert list(target.check()) == ["the cluster mcp-cluster is there"]


def test_a_foreign_cluster_of_that_name_is_refused_before_anything_is_done(docker, tmp_path: Path):
    foreign = [NODE[0] | {"Mounts": [], "State": {"Running": False}}]
    docker(f'echo "$1 $2" >> {tmp_path}/asked', 'test "$1" = ps && exit', f"cat <<'E'\n{json.dumps(foreign)}\nE")
    target = KindTarget(spec(tmp_path))
    assert not target.exists()
    for verb in (target.check, target.provision, target.destroy):
        with pytest.raises(Refused, match="was not made for the lab"):
            list(verb())
    assert set((tmp_path / "asked").read_text().splitlines()) == {"container inspect", "ps -a"}


def test_the_default_lab_has_the_tutorials_names_and_others_their_own(tmp_path: Path):
    assert (default_names(spec(tmp_path)).cluster, default_names(spec(tmp_path)).namespace) == ("mcp-cluster", "ai-ml-lab-2-2")
    assert default_names(replace(spec(tmp_path), cluster="mine")).node == "mine-control-plane"
