"""NetworkPolicies that do not let the lab's own traffic through, and in which direction."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from labctl.components import BY_NAME, COLLECTOR, SERVICE, VIEWER
from labctl.findings import Evidence, Finding, Symptom
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.names import LAB
from labctl.targets.kubernetes.network.policies import EGRESS, INGRESS, PolicyPeer, allowed, selecting, selects
from labctl.targets.kubernetes.rules.found import UP, Field, Found, cause, kubectl, notice
from labctl.targets.kubernetes.snapshot import Observed, Workload

LOOKS_AT: Final = "the NetworkPolicies, for each way that telemetry takes"


@dataclass(frozen=True, slots=True)
class Way:
    """Traffic that the lab needs. `source` is empty for what comes from outside the cluster."""

    source: str
    to: str
    port: int
    leads_to: frozenset[Symptom]


WAYS: Final = (
    Way("", SERVICE.name, SERVICE.ports[0].own, frozenset({Symptom.SERVICE_DOWN})),
    Way(SERVICE.name, COLLECTOR.name, 4317, frozenset({Symptom.SERVICE_EXPORT_FAILS})),
    Way("", COLLECTOR.name, 4318, frozenset({Symptom.COLLECTOR_DOWN, Symptom.TRACES_MISSING})),
    Way(COLLECTOR.name, VIEWER.name, 9003, frozenset({Symptom.COLLECTOR_EXPORT_FAILS})),
    Way("", VIEWER.name, 9003, frozenset({Symptom.VIEWER_DOWN})),
)


def find(snapshot: Observed) -> Iterator[Found]:
    if not snapshot.queried("NetworkPolicy"):
        return
    workloads = {one.component: one for one in snapshot.workloads()}
    said = set()
    for way, of, peer, direction in _ends(workloads):
        if (of.component, direction) not in said and (denying := _denying(snapshot, of, peer, way.port, direction)):
            said.add((of.component, direction))
            yield _found(snapshot, way, direction, of.component, denying)


def _ends(workloads: Mapping[str, Workload]) -> Iterator[tuple[Way, Workload, Workload | None, str]]:
    """Each end of each way that is there: whose policies count, who is on the other end, and the direction."""
    for way in WAYS:
        source, to = workloads.get(way.source), workloads.get(way.to)
        if source and to:
            yield way, source, to, EGRESS
        if to and (source or not way.source):
            yield way, to, source, INGRESS


def _denying(snapshot: Observed, of: Workload, peer: Workload | None, port: int, direction: str) -> list[Object]:
    """The policies that select the pods of `of` for this direction, where none of them allows the traffic."""
    selected = selecting(snapshot.items("NetworkPolicy"), _peer(snapshot, of), direction)
    return [] if allowed(selected, _peer(snapshot, peer), port, direction) else selected


def _peer(snapshot: Observed, workload: Workload | None) -> PolicyPeer:
    if workload is None:
        return PolicyPeer()
    namespace: Mapping[str, str] = next((item["metadata"].get("labels", {}) for item in snapshot.items("Namespace")), {})
    item = workload.pod or workload.deployment["spec"]["template"]
    return PolicyPeer(item["metadata"].get("labels", {}), namespace, address=item.get("status", {}).get("podIP", ""))


def _found(snapshot: Observed, way: Way, direction: str, component: str, denying: Sequence[Object]) -> Found:
    names = ", ".join(item["metadata"]["name"] for item in denying)
    source = way.source or "outside the cluster"
    message = f"{component}: NetworkPolicies deny traffic from {source} to {way.to}, port {way.port} ({direction.lower()})"
    evidence = [Evidence("NetworkPolicy objects", f"{names} select {component} for {direction}; none allows it")]
    foreign = " ".join(item["metadata"]["name"] for item in denying if LAB not in item["metadata"].get("labels", {}))
    remedy = f"{kubectl(snapshot, f'delete networkpolicy {foreign}')} && {UP}" if foreign else UP
    return Found(_kind(snapshot, way, component, message, evidence, remedy), _explains(snapshot, component))


def _kind(snapshot: Observed, way: Way, component: str, message: str, evidence: list[Evidence], remedy: str) -> Finding:
    if snapshot.node.enforces_policies is False:
        message += "; this cluster's network does not enforce policies"
        return notice("policy-denies", component, message, evidence, remedy, leads_to=way.leads_to, suspect=True)
    return cause("policy-denies", component, message, evidence, remedy, leads_to=way.leads_to)


def _explains(snapshot: Observed, component: str) -> tuple[Field, ...]:
    """The lab's own policies for the component: one that is changed or missing explains it."""
    labels = {"app.kubernetes.io/name": BY_NAME[component].cluster.deployment}
    own = [item for item in snapshot.desired if item["kind"] == "NetworkPolicy" and selects(item["spec"]["podSelector"], labels)]
    return tuple(Field("NetworkPolicy", item["metadata"]["name"]) for item in own)
