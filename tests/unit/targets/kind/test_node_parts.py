"""What a node says of the parts of its control plane, in the words of its shell."""

from typing import Any

import pytest

from labctl.targets.kind.cluster import node_state
from labctl.targets.kind.engine import containers

HEALTHY = b"1795671224.2\nnetwork:ptp\n"


def state_of(said: bytes, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(containers, "execute", lambda *_, **__: said)
    return node_state.read("node")


def test_a_node_whose_parts_run_has_nothing_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = state_of(HEALTHY, monkeypatch)
    assert (seen.stopped, seen.restart) == ({}, "docker restart node && labctl up")


@pytest.mark.parametrize(("said", "name", "line"), [
    (b"stopped:kubelet", "kubelet", "systemctl start kubelet"),
    (b"gone:kube-scheduler", "kube-scheduler", "kubeadm init phase control-plane scheduler --config"),
    (b"halted:kube-scheduler", "kube-scheduler", "pkill -CONT -f ^kube-scheduler"),
    (b"frozen:kube-controller-manager", "kube-controller-manager", "docker restart node"),
])
def test_each_way_to_be_stopped_has_the_line_that_starts_it(
    said: bytes, name: str, line: str, monkeypatch: pytest.MonkeyPatch,
) -> None:
    stopped = state_of(HEALTHY + said, monkeypatch).stopped
    assert list(stopped) == [name]
    assert line in stopped[name]
