"""What the node says of itself: its clock, whether its network enforces NetworkPolicies, and what of its services is stopped."""

import time
from typing import Final

from labctl.errors import LabError
from labctl.targets.kind.engine import containers
from labctl.targets.kubernetes.snapshot import NodeState

ANSWER_S: Final = 3.0
PROMPT_S: Final = 0.5                   # an answer that took longer says nothing of the clock
READ: Final = """
date +%s.%N
nft list tables 2>/dev/null | grep -q network-polic && echo enforced
iptables-save 2>/dev/null | grep -qE 'KUBE-ROUTER|KUBE-NWPLCY|CILIUM_|cali-' && echo enforced
for service in kubelet containerd; do systemctl is-active -q $service || echo stopped:$service; done
"""
"""The names that the policy controllers give their tables and chains: kindnet's, kube-router's, Cilium's, Calico's."""


def read(node: str) -> NodeState:
    before = time.time()
    try:
        clock, *rest = containers.execute(node, "sh", "-c", READ, timeout=ANSWER_S).decode().split()
    except (LabError, ValueError):
        return NodeState()
    ahead = float(clock) - (before + time.time()) / 2 if time.time() - before < PROMPT_S else None
    stopped = [word.removeprefix("stopped:") for word in rest if word.startswith("stopped:")]
    starts = {service: f"docker exec {node} systemctl start {service}" for service in stopped}
    return NodeState(ahead, "enforced" in rest, starts)
