"""The containers of a lab's pods, seen from the node: restarts, memory, and the connections that they hold."""

import json
import re
from dataclasses import dataclass

from labctl import components
from tests.driver import Driver
from tests.e2e.kind.test_replacement import kubectl
from tests.production.kind.test_policies import in_node

ESTABLISHED, LISTENS = "01", "0A"      # states in /proc/net/tcp
PROCESSES = "grep -sHoE -m1 '[0-9a-f]{64}' /proc/[0-9]*/cgroup; grep -sH ^VmRSS: /proc/[0-9]*/status"


@dataclass(frozen=True)
class Container:
    """`main` is its first process, by its number in the node."""

    restarts: int
    main: int
    resident: int


def containers(lab: Driver) -> dict[str, Container]:
    """By component."""
    pods = json.loads(kubectl(lab, "get", "pods", "-o", "json"))["items"]
    memory, found = memory_of_containers(lab), {}
    for component in components.COMPONENTS:
        [pod] = [one for one in pods if one["metadata"]["labels"]["app.kubernetes.io/name"] == component.cluster.deployment]
        [status] = pod["status"]["containerStatuses"]
        processes = memory[status["containerID"].removeprefix("containerd://")]
        found[component.name] = Container(status["restartCount"], min(processes), sum(processes.values()))
    return found


def memory_of_containers(lab: Driver) -> dict[str, dict[int, int]]:
    """Container id → process id → bytes."""
    lines = in_node(lab, f"{PROCESSES}; true")         # a process that ends meanwhile is no failure
    sizes = dict(re.findall(r"^/proc/(\d+)/status:VmRSS:\s+(\d+) kB$", lines, re.MULTILINE))
    found: dict[str, dict[int, int]] = {}
    for pid, container in re.findall(r"^/proc/(\d+)/cgroup:(\w{64})$", lines, re.MULTILINE):
        if pid in sizes:
            found.setdefault(container, {})[int(pid)] = int(sizes[pid]) << 10
    return found


def connections(lab: Driver, container: Container, port: int) -> set[str]:
    """The other ends of those to a port of its own that it has not closed."""
    lines = in_node(lab, f"cat /proc/{container.main}/net/tcp /proc/{container.main}/net/tcp6").splitlines()
    found = set()
    for _, own, other, state, *_, inode in (line.split()[:10] for line in lines if ":" in line):
        if own.endswith(f":{port:04X}") and state != LISTENS and (state == ESTABLISHED or inode != "0"):
            found.add(other)
    return found
