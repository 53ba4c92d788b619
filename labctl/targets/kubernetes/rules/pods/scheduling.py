"""No node takes a component's pod: too little CPU or memory is free, a selector fits no node, a taint, a cordon."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import Evidence, Finding
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.rules.found import TEMPLATE, Field, Found, cause, edit, seen
from labctl.targets.kubernetes.snapshot import Observed, Workload, container

LOOKS_AT: Final = "whether pods can be scheduled: requests, selectors, taints"
CORDON: Final = "node.kubernetes.io/unschedulable"


def find(snapshot: Observed) -> Iterator[Found]:
    for workload in snapshot.workloads():
        pod = workload.new_pod
        for condition in (pod or {}).get("status", {}).get("conditions", ()):
            if pod and condition["type"] == "PodScheduled" and condition["status"] == "False":
                yield _pending(snapshot, workload, pod, condition.get("message", ""))


def _pending(snapshot: Observed, workload: Workload, pod: Object, said: str) -> Found:
    evidence = [seen(pod, said, "pod"), *_requests(pod), *_node(snapshot)]
    template = Field("Deployment", workload.name, TEMPLATE)
    finding = _of_node(snapshot, workload.component, evidence)
    if finding:
        return Found(finding)
    return Found(_of_pod(snapshot, workload.component, pod, said, evidence), (template,))


def _of_node(snapshot: Observed, component: str, evidence: list[Evidence]) -> Finding | None:
    for node in snapshot.items("Node"):
        name = node["metadata"]["name"]
        line = "kubectl --kubeconfig $(labctl kubeconfig)"
        if node["spec"].get("unschedulable"):
            message = f"{component}: its pod cannot be scheduled: the node {name} is cordoned"
            return cause("node-cordoned", component, message, evidence, f"{line} uncordon {name} && labctl up")
        for taint in foreign_taints(node):
            text = f"{taint['key']}={taint.get('value', '')}:{taint['effect']}"
            message = f"{component}: its pod cannot be scheduled: the node {name} has the taint {text}"
            remedy = f"{line} taint node {name} {taint['key']}:{taint['effect']}- && labctl up"
            return cause("node-tainted", component, message, evidence, remedy)
    return None


def foreign_taints(node: Object) -> list[Object]:
    """Taints that neither the cluster itself sets nor the lab's pods tolerate."""
    own = ("node.kubernetes.io/", "node-role.kubernetes.io/")
    taints = node["spec"].get("taints") or ()
    return [taint for taint in taints if taint["effect"] != "PreferNoSchedule" and not taint["key"].startswith(own)]


def _of_pod(snapshot: Observed, component: str, pod: Object, said: str, evidence: list[Evidence]) -> Finding:
    ending = [one["metadata"]["name"] for one in snapshot.items("Pod") if "deletionTimestamp" in one["metadata"]]
    if ending:
        message = f"{component}: no room for its pod while {', '.join(ending)} {'is' if len(ending) == 1 else 'are'} terminating"
        return cause("room-not-free-yet", component, message, evidence, "labctl up", final=False)
    if (selector := pod["spec"].get("nodeSelector")) or pod["spec"].get("affinity"):
        wanted = f"nodeSelector {_words(selector)}" if selector else "affinity"
        message = f"{component}: its pod cannot be scheduled: no node matches its {wanted}"
        return cause("node-selector-fits-none", component, message, evidence, edit(component, "nodeSelector", "remove"))
    remedy = edit(component, "resources.requests", "lower") + ", or give Docker more CPU and memory"
    requests = _words(container(pod).get("resources", {}).get("requests") or {})
    message = f"{component}: its pod cannot be scheduled" + (f": it requests {requests}" if requests else "")
    return cause("no-room", component, message, evidence, remedy, final="Insufficient" in said)


def _requests(pod: Object) -> list[Evidence]:
    requests = container(pod).get("resources", {}).get("requests")
    return [seen(pod, f"requests {_words(requests)}", "pod")] if requests else []


def _node(snapshot: Observed) -> list[Evidence]:
    found = [(node, node["status"].get("allocatable", {})) for node in snapshot.items("Node")]
    return [seen(node, f"allocatable cpu {free.get('cpu')}, memory {free.get('memory')}", "node") for node, free in found]


def _words(fields: Object) -> str:
    return ", ".join(f"{key} {value}" for key, value in fields.items())
