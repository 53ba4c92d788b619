"""What the node says of itself: its clock, whether its network enforces NetworkPolicies, and what of its services is stopped."""

import time
from collections.abc import Sequence
from typing import Final

from labctl.errors import LabError
from labctl.model import PolicyState
from labctl.targets.kind.engine import containers
from labctl.targets.kubernetes.snapshot import NodeState

ANSWER_S: Final = 3.0
PROMPT_S: Final = 0.5                   # an answer that took longer says nothing of the clock
POLICIES: Final = """
command -v nft >/dev/null || echo cannot-look
nft list tables 2>/dev/null | grep -q network-polic && echo enforced
iptables-save 2>/dev/null | grep -qE 'KUBE-ROUTER|KUBE-NWPLCY|CILIUM_|cali-' && echo enforced
sed -nE 's/.*"type": *"([a-z0-9-]+)".*/network:\\1/p' /etc/cni/net.d/* 2>/dev/null | sort -u
"""
"""The names that the policy controllers give their tables and chains: kindnet's, kube-router's, Cilium's, Calico's. And the
plugins of the network."""
CLOCK: Final = "date +%s.%N"
SERVICES: Final = "for service in kubelet containerd; do systemctl is-active -q $service || echo stopped:$service; done"
ENFORCE_NOTHING: Final = {"bandwidth", "bridge", "firewall", "flannel", "host-local", "loopback", "portmap", "ptp"}
"""Plugins that know nothing of policies; with another one, nobody can tell by the tables alone."""


def read(node: str) -> NodeState:
    before = time.time()
    try:
        clock, *words = _say(node, CLOCK, POLICIES, SERVICES)
    except (LabError, ValueError):
        return NodeState()
    ahead = float(clock) - (before + time.time()) / 2 if time.time() - before < PROMPT_S else None
    stopped = [word.removeprefix("stopped:") for word in words if word.startswith("stopped:")]
    starts = {service: f"docker exec {node} systemctl start {service}" for service in stopped}
    return NodeState(ahead, ENFORCES[_policies(words)], starts)


def policies(node: str) -> PolicyState:
    try:
        return _policies(_say(node, POLICIES))
    except LabError:
        return PolicyState.UNKNOWN


def _say(node: str, *scripts: str) -> list[str]:
    return containers.execute(node, "sh", "-c", "\n".join(scripts), timeout=ANSWER_S).decode().split()


ENFORCES: Final = {PolicyState.ENFORCED: True, PolicyState.NOT_ENFORCED: False, PolicyState.UNKNOWN: None}


def _policies(words: Sequence[str]) -> PolicyState:
    if "enforced" in words:
        return PolicyState.ENFORCED
    plugins = {word.removeprefix("network:") for word in words if word.startswith("network:")}
    plain = bool(plugins) and plugins <= ENFORCE_NOTHING and "cannot-look" not in words
    return PolicyState.NOT_ENFORCED if plain else PolicyState.UNKNOWN
