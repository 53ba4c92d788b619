"""The node is not ready, short of disk, memory or processes, or its clock differs from this machine's."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import DOWN, Certainty, Evidence, Finding, Symptom
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.rules.found import EVERYTHING, Found, cause, notice, seen
from labctl.targets.kubernetes.rules.pods import scheduling
from labctl.targets.kubernetes.snapshot import Observed, unix

LOOKS_AT: Final = "the node: its conditions, taints and clock"
PRESSURES: Final = {
    "MemoryPressure": "memory", "DiskPressure": "disk space", "PIDPressure": "process ids",
}
CLOCK_S: Final = 2.0
EFFECTS: Final = {
    "kube-scheduler": "no new pod gets a node", "kube-controller-manager": "no pod is made or replaced, no endpoint is updated",
}
"""Of the control plane's parts that pods which run do without."""
KUBECTL: Final = "kubectl --kubeconfig $(labctl kubeconfig)"


def find(snapshot: Observed) -> Iterator[Found]:
    waiting = any(scheduling.find(snapshot))
    for node in snapshot.items("Node"):
        yield from map(Found, _conditions(node))
        if not waiting:
            yield from map(Found, _closed(node))
    for service, remedy in snapshot.node.stopped.items():
        message = f"the node's {service} is stopped: {EFFECTS.get(service, 'no pod is started, probed or replaced')}"
        evidence = [Evidence("the node's services", f"{service} is not active")]
        leads_to = _of_incomplete(snapshot) if service in EFFECTS else EVERYTHING
        yield Found(cause("node-service-stopped", "machine", message, evidence, remedy, leads_to=leads_to))
    ahead = snapshot.node.clock_ahead_s
    if ahead is not None and abs(ahead) > CLOCK_S:
        where = "ahead of" if ahead > 0 else "behind"
        message = f"the node's clock is {abs(ahead):.1f} s {where} this machine's: timestamps of the two do not line up"
        evidence, likely = [Evidence("clock of the node", f"{ahead:+.1f} s")], Certainty.LIKELY
        yield Found(cause("clock-skew", "machine", message, evidence, "restart Docker", leads_to=frozenset(), certainty=likely))


def _of_incomplete(snapshot: Observed) -> frozenset[Symptom]:
    """What runs already goes on without these."""
    return frozenset(DOWN[workload.component] for workload in snapshot.workloads() if not workload.is_complete)


def _conditions(node: Object) -> Iterator[Finding]:
    name = node["metadata"]["name"]
    for condition in node["status"].get("conditions", ()):
        kind, status = condition["type"], condition["status"]
        said, since = f"{kind} {status}: {condition.get('message', '')}", unix(condition.get("lastTransitionTime", ""))
        evidence = [Evidence(f"node {name}", said, since)]
        if kind == "Ready" and status != "True":
            problem = "does not answer" if status == "Unknown" else "reports a problem"
            message, remedy = f"the node {name} is not ready: its kubelet {problem}", f"docker restart {name} && labctl up"
            yield cause("node-not-ready", "machine", message, evidence, remedy, leads_to=EVERYTHING)
        elif kind in PRESSURES and status == "True":
            message = f"the node {name} is short of {PRESSURES[kind]}"
            remedy = "docker system prune" if kind == "DiskPressure" else f"give Docker more {PRESSURES[kind]}"
            yield cause("node-pressure", "machine", message, evidence, remedy, leads_to=EVERYTHING)


def _closed(node: Object) -> Iterator[Finding]:
    """What keeps new pods away from the node; once a pod waits for it, that is the finding."""
    name = node["metadata"]["name"]
    if node["spec"].get("unschedulable"):
        evidence = [seen(node, "spec.unschedulable: true", "node")]
        message = f"the node {name} is cordoned: it takes no new pods"
        yield notice("node-cordoned", "machine", message, evidence, f"{KUBECTL} uncordon {name}")
    for taint in scheduling.foreign_taints(node):
        text = f"{taint['key']}:{taint['effect']}"
        message = f"the node {name} has the taint {text}: it takes no new pods"
        evidence = [seen(node, f"taint {text}", "node")]
        yield notice("node-tainted", "machine", message, evidence, f"{KUBECTL} taint node {name} {text}-")
