"""CPU counters of the lab's containers, read from their cgroups in the node: current values, while the kubelet's are up to ten
seconds old.

Formats: cpu.stat of cgroup v2 (nr_periods, nr_throttled, usage_usec) and of v1 (without the last, which is cpuacct.usage, in
nanoseconds): https://docs.kernel.org/admin-guide/cgroup-v2.html, https://docs.kernel.org/scheduler/sched-bwc.html
"""

import re
from collections.abc import Mapping

from labctl.errors import LabError
from labctl.targets.kind.engine import containers
from labctl.targets.kubernetes.usage import Counters

ANSWER_S = 5.0
READ = r"""
find /sys/fs/cgroup -path '*kubepods*' \( -name cpu.stat -o -name cpuacct.usage \) -exec grep -H '' {} + 2>/dev/null; true
"""
POD = re.compile(r"pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})")
"""In a folder's name: the pod's uid, in which systemd's names have underscores."""


def read(node: str) -> Mapping[str, Counters]:
    """By pod, its uid; empty when the node does not answer."""
    try:
        text = containers.execute(node, "sh", "-c", READ, timeout=ANSWER_S).decode(errors="replace")
    except LabError:
        return {}
    pods: dict[str, list[dict[str, float]]] = {}
    for folder, values in parse(text).items():
        if named := POD.search(folder):
            pods.setdefault(named[1].replace("_", "-"), []).append(values)
    return {uid: pod_counters(groups) for uid, groups in pods.items()}


def parse(text: str) -> dict[str, dict[str, float]]:
    """Each cgroup's values by its folder, from lines `FOLDER/FILE:VALUE` and `FOLDER/FILE:NAME VALUE`."""
    found: dict[str, dict[str, float]] = {}
    for line in text.splitlines():
        where, _, said = line.rpartition(":")
        folder, _, file = where.rpartition("/")
        name, _, value = f"usage_nsec {said}".partition(" ") if file == "cpuacct.usage" else said.partition(" ")
        found.setdefault(folder, {})[name] = float(value)
    return found


def pod_counters(groups: list[dict[str, float]]) -> Counters:
    """A pod's counters from its own cgroup and its containers': the largest of each, since a parent includes its children."""
    cpu_s = max((g["usage_usec"] / 1e6 if "usage_usec" in g else g.get("usage_nsec", 0.0) / 1e9) for g in groups)
    held_back = max(groups, key=lambda group: group.get("nr_throttled", 0.0))
    return Counters(held_back.get("nr_periods", 0.0), held_back.get("nr_throttled", 0.0), cpu_s)
