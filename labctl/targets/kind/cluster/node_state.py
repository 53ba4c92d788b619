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
PARTS: Final = """
for part in kube-scheduler kube-controller-manager; do
  [ -e /etc/kubernetes/manifests/$part.yaml ] || echo gone:$part
  pid=$(pgrep -o -x "$(echo $part | cut -c1-15)") || continue
  grep -q '^State:.*stopped' /proc/$pid/status && echo halted:$part
  group=$(sed -n 's/^0:://p' /proc/$pid/cgroup)
  grep -qx -e 1 -e FROZEN /sys/fs/cgroup$group/cgroup.freeze /sys/fs/cgroup/freezer$group/freezer.state && echo frozen:$part
done 2>/dev/null
true
"""
"""Of the control plane besides the API server. One that has just ended the kubelet starts again, as long as it has its manifest.

Linux keeps 15 characters of a process's name."""
STARTS: Final = {
    "stopped": "docker exec {node} systemctl start {name}",
    "gone": "docker exec {node} kubeadm init phase control-plane {phase} --config /kind/kubeadm.conf && labctl up",
    "halted": "docker exec {node} pkill -CONT -f ^{name}",
    "frozen": "docker restart {node} && labctl up",
}
"""What starts a part again, by how it was found. kubeadm writes the manifest of one that is gone, and the kubelet starts it."""
ENFORCE_NOTHING: Final = {"bandwidth", "bridge", "firewall", "flannel", "host-local", "loopback", "portmap", "ptp"}
"""Plugins that know nothing of policies; with another one, nobody can tell by the tables alone."""


def read(node: str) -> NodeState:
    before = time.time()
    try:
        clock, *words = _say(node, CLOCK, POLICIES, SERVICES, PARTS)
    except (LabError, ValueError):
        return NodeState()
    ahead = float(clock) - (before + time.time()) / 2 if time.time() - before < PROMPT_S else None
    return NodeState(ahead, ENFORCES[_policies(words)], _starts(node, words), STARTS["frozen"].format(node=node))


def _starts(node: str, words: Sequence[str]) -> dict[str, str]:
    """What is stopped, and the line that starts it."""
    found = [(how, name) for how, _, name in (word.partition(":") for word in words) if how in STARTS]
    return {name: STARTS[how].format(node=node, name=name, phase=name.removeprefix("kube-")) for how, name in found}


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
