"""NetworkPolicies that do not let the lab's own traffic through, and in which direction.

Subtle: policies add up. A pod that one of them selects for a direction is reached only by what some policy allows there; so a
deletion denies as well as an addition does. https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from labctl.components import BY_NAME, COLLECTOR, SERVICE, VIEWER
from labctl.findings import Evidence, Finding, Symptom
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.names import LAB
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
            yield way, source, to, "Egress"
        if to and (source or not way.source):
            yield way, to, source, "Ingress"


def _denying(snapshot: Observed, of: Workload, peer: Workload | None, port: int, direction: str) -> list[Object]:
    """The policies that select the pods of `of` for this direction, where none of them allows the traffic."""
    selecting = [item for item in snapshot.items("NetworkPolicy")
                 if direction in _types(item) and _selects(item["spec"].get("podSelector", {}), _labels(of))]
    allowed = any(_allows(snapshot, rule, peer, port, direction) for item in selecting
                  for rule in item["spec"].get(direction.lower()) or ())
    return [] if allowed else selecting


def _types(policy: Object) -> Sequence[str]:
    spec = policy["spec"]
    return spec.get("policyTypes") or ["Ingress", *(["Egress"] if "egress" in spec else [])]


def _labels(workload: Workload) -> Mapping[str, str]:
    item = workload.pod or workload.deployment["spec"]["template"]
    return item["metadata"].get("labels", {})  # type: ignore[no-any-return]


def _allows(snapshot: Observed, rule: Object, peer: Workload | None, port: int, direction: str) -> bool:
    peers = rule.get("from" if direction == "Ingress" else "to")
    reached = not peers or any(_matches(snapshot, one, peer) for one in peers)
    ports = rule.get("ports")
    return reached and (not ports or any(_has_port(one, port) for one in ports))


def _matches(snapshot: Observed, peer: Object, workload: Workload | None) -> bool:
    if "ipBlock" in peer:
        return True                     # which addresses there are is not known here: nothing is claimed
    if workload is None:
        return False
    namespace: Mapping[str, str] = next((item["metadata"].get("labels", {}) for item in snapshot.items("Namespace")), {})
    own_namespace = "namespaceSelector" not in peer or _selects(peer["namespaceSelector"], namespace)
    return own_namespace and _selects(peer.get("podSelector", {}), _labels(workload))


def _has_port(entry: Object, port: int) -> bool:
    first = entry.get("port")
    if entry.get("protocol", "TCP") != "TCP":
        return False
    if not isinstance(first, int):
        return True                     # of all ports, or a named one
    return bool(first <= port <= entry.get("endPort", first))


def _selects(selector: Object, labels: Mapping[str, str]) -> bool:
    """https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors."""
    exact = (selector.get("matchLabels") or {}).items() <= labels.items()
    return exact and all(_meets(one, labels) for one in selector.get("matchExpressions") or ())


def _meets(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value, values = labels.get(expression["key"]), expression.get("values") or ()
    meets: dict[str, bool] = {
        "In": value in values, "NotIn": value not in values, "Exists": value is not None, "DoesNotExist": value is None,
    }
    return meets.get(expression["operator"], True)


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
    own = [item for item in snapshot.desired if item["kind"] == "NetworkPolicy" and _selects(item["spec"]["podSelector"], labels)]
    return tuple(Field("NetworkPolicy", item["metadata"]["name"]) for item in own)
