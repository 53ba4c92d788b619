"""Why a cluster does not answer at all: its node is stopped or paused, or the API server in it does not run."""

from typing import Final

from labctl.errors import LabError
from labctl.findings import DOWN, Evidence, Finding, Kind
from labctl.targets.kind.cluster.names import ClusterNames
from labctl.targets.kind.engine import containers
from labctl.targets.kind.engine.containers import NodeContainer

LOOKS_AT: Final = "the node's container, and the API server in it"
ANSWER_S: Final = 1.0
ASKED: Final = """
for unit in containerd kubelet; do echo $unit: $(systemctl is-active $unit); done
echo kube-apiserver: $(pgrep -x kube-apiserver >/dev/null && echo runs || echo does not run)
"""


def not_running(names: ClusterNames, node: NodeContainer | None) -> Finding | None:
    if node is None:
        return _cause("node-missing", f"the node {names.node} is gone", "docker inspect: no such container", "labctl up")
    if not node.running:
        return _cause("node-stopped", f"the node {node.name} is stopped", "docker inspect: not running", "labctl up")
    if node.paused:
        return _cause("node-paused", f"the node {node.name} is paused", "docker inspect: paused", f"docker unpause {node.name}")
    return None


def no_answer(node: str) -> Finding:
    """The API server of a running node does not answer."""
    try:
        said = containers.execute(node, "sh", "-c", ASKED, timeout=ANSWER_S).decode(errors="replace").strip()
    except LabError as error:
        said = f"{error.message} {error.detail}"
    message, remedy = f"the API server in the node {node} does not answer", f"docker restart {node} && labctl up"
    return _cause("api-server-down", message, said, remedy)


def _cause(rule: str, message: str, seen: str, remedy: str) -> Finding:
    return Finding(rule, Kind.CAUSE, "machine", message, (Evidence("the node", seen),), remedy, leads_to=frozenset(DOWN.values()))
