"""CPU counters of the lab's containers, read from their cgroups in the node: current values, while the kubelet's are up to ten
seconds old.

Formats: cpu.stat of cgroup v2 (nr_periods, nr_throttled, usage_usec) and of v1 (without the last, which is cpuacct.usage, in
nanoseconds): https://docs.kernel.org/admin-guide/cgroup-v2.html, https://docs.kernel.org/scheduler/sched-bwc.html
"""

from collections.abc import Mapping

from labctl.errors import LabError
from labctl.targets.kind.engine import containers
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.usage import Counters

ANSWER_S = 5.0
READ = """
for file in $(find /sys/fs/cgroup -path "*kubepods*" -name cpu.stat 2>/dev/null); do
  folder=${file%/cpu.stat}
  echo "folder $folder"; cat "$file"
  cat "$folder/cpuacct.usage" 2>/dev/null | sed 's/^/usage_nsec /'
done
"""


def read(node: str, pods: list[Object]) -> Mapping[str, Counters]:
    """By pod name; empty when the node does not answer."""
    try:
        text = containers.execute(node, "sh", "-c", READ, timeout=ANSWER_S).decode(errors="replace")
    except LabError:
        return {}
    groups = list(parse(text))
    found = {}
    for pod in pods:
        uid = pod["metadata"]["uid"]
        # names of the cgroupfs driver and of systemd, which replaces dashes
        own = [values for folder, values in groups if f"pod{uid}" in folder or f"pod{uid.replace('-', '_')}" in folder]
        if own:
            found[pod["metadata"]["name"]] = pod_counters(own)
    return found


def parse(text: str) -> list[tuple[str, dict[str, float]]]:
    """Each cgroup's folder and values, with `cpu_s` from v1 or v2."""
    found: list[tuple[str, dict[str, float]]] = []
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        if name == "folder":
            found.append((value, {}))
        elif found:
            found[-1][1][name] = float(value)
    return found


def pod_counters(groups: list[dict[str, float]]) -> Counters:
    """A pod's counters from its own cgroup and its containers': the largest of each, since a parent includes its children."""
    cpu_s = max((g["usage_usec"] / 1e6 if "usage_usec" in g else g.get("usage_nsec", 0.0) / 1e9) for g in groups)
    held_back = max(groups, key=lambda group: group.get("nr_throttled", 0.0))
    return Counters(held_back.get("nr_periods", 0.0), held_back.get("nr_throttled", 0.0), cpu_s)
