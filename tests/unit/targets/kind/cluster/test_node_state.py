"""Whether a node enforces NetworkPolicies, by what it says."""

import pytest

from labctl.errors import LabError
from labctl.model import PolicyState
from labctl.targets.kind.cluster import node_state
from labctl.targets.kind.engine import containers

PLAIN = "network:host-local network:portmap network:ptp"


@pytest.mark.parametrize(("said", "state"), [
    (f"enforced {PLAIN}", PolicyState.ENFORCED), (PLAIN, PolicyState.NOT_ENFORCED), ("", PolicyState.UNKNOWN),
    (f"{PLAIN} network:cilium-cni", PolicyState.UNKNOWN), (f"cannot-look {PLAIN}", PolicyState.UNKNOWN),
])
def test_tables_of_a_controller_tell_and_plain_plugins_alone_do_too(
    monkeypatch: pytest.MonkeyPatch, said: str, state: PolicyState,
) -> None:
    monkeypatch.setattr(containers, "execute", lambda *_, **__: said.encode())
    assert node_state.policies("node") is state
    monkeypatch.setattr(containers, "execute", lambda *_, **__: f"1.5 {said} stopped:kubelet".encode())
    seen = node_state.read("node")
    assert seen.enforces_policies is node_state.ENFORCES[state]
    assert list(seen.stopped) == ["kubelet"]


def test_a_node_that_does_not_answer_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object, **__: object) -> bytes:
        raise LabError("no answer")

    monkeypatch.setattr(containers, "execute", silent)
    assert node_state.policies("node") is PolicyState.UNKNOWN
    assert node_state.read("node").enforces_policies is None
