"""A pod that a component's Service selects and that its Deployment has not made, or addresses that somebody gave the Service."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from labctl.components import BY_NAME
from labctl.findings import Certainty, Evidence, Finding, Symptom
from labctl.numbers import plural
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.ownership import made_by, owner
from labctl.targets.kubernetes.rules.found import DOWN, Found, component_of, kubectl, notice, seen
from labctl.targets.kubernetes.rules.services import resolved, slices_of, words
from labctl.targets.kubernetes.snapshot import Observed, has_labels, is_ready

LOOKS_AT: Final = "whether pods and addresses that are not the lab's get traffic of its Services"
MANAGED_BY: Final = "endpointslice.kubernetes.io/managed-by"
CONTROLLER: Final = "endpointslice-controller.k8s.io"
ENDED: Final = frozenset({"Succeeded", "Failed"})
_LOST: Final = frozenset({Symptom.TRACES_MISSING, Symptom.METRICS_MISSING, Symptom.LOGS_MISSING})
_LEADS_TO: Final = {
    **DOWN,
    "service": frozenset({Symptom.SERVICE_DOWN, Symptom.REQUESTS_FAIL, Symptom.SLOW, Symptom.NO_SPANS, *_LOST}),
    "collector": frozenset({Symptom.COLLECTOR_DOWN, Symptom.SERVICE_EXPORT_FAILS, *_LOST}),
    "viewer": frozenset({Symptom.VIEWER_DOWN, Symptom.COLLECTOR_EXPORT_FAILS, *_LOST}),
}
"""What a component's traffic that goes elsewhere leads to."""


@dataclass(frozen=True, slots=True)
class Stray:
    pod: Object
    service: Object                     # that selects it

    @property
    def name(self) -> str:
        return str(self.pod["metadata"]["name"])

    @property
    def gets_traffic(self) -> bool:
        return is_ready(self.pod) and any(resolved(port, self.pod) for port in self.service["spec"].get("ports") or ())


def find(snapshot: Observed) -> Iterator[Found]:
    for component in snapshot.components:
        found = list(strays(snapshot, component.name))
        for traffic in (True, False):
            if some := [one for one in found if one.gets_traffic is traffic]:
                yield Found(_pods(snapshot, component.name, some, traffic=traffic))
        yield from _addresses(snapshot, component.name)


def with_traffic(snapshot: Observed) -> list[Finding]:
    """Only what gets traffic now."""
    return [one.finding for one in find(snapshot) if one.finding.suspect]


def strays(snapshot: Observed, component: str) -> Iterator[Stray]:
    """Each pod once, with the first Service from which it gets traffic."""
    by_name: dict[str, Stray] = {}
    deployment = BY_NAME[component].cluster.deployment
    for service in _services(snapshot, component):
        selector = service["spec"].get("selector")
        for pod in snapshot.items("Pod"):
            if selector and has_labels(pod, selector) and _is_there(pod) and not made_by(deployment, pod):
                stray = Stray(pod, service)
                if stray.name not in by_name or stray.gets_traffic > by_name[stray.name].gets_traffic:
                    by_name[stray.name] = stray
    yield from by_name.values()


def _services(snapshot: Observed, component: str) -> list[Object]:
    return [service for service in snapshot.items("Service") if component_of(service) == component]


def _is_there(pod: Object) -> bool:
    return "deletionTimestamp" not in pod["metadata"] and pod.get("status", {}).get("phase") not in ENDED


def _pods(snapshot: Observed, component: str, found: list[Stray], *, traffic: bool) -> Finding:
    first = found[0]
    more = f" (and {plural(len(found) - 1, 'pod')} more)" if len(found) > 1 else ""
    service = first.service["metadata"]["name"]
    but = f"matches the selector of the Service {service} but does not belong to its Deployment"
    message = f"{component}: pod {first.name}{more} {but}"
    if not traffic:
        message += "; it gets no traffic: " + ("it has none of the Service's ports" if is_ready(first.pod) else "it is not ready")
    evidence = [said for one in found for said in _seen(snapshot, one)]
    remedy = kubectl(snapshot, f"delete {_owners(snapshot, found)}")
    return _notice("stray-pod", component, message, evidence, remedy, traffic=traffic)


def _notice(rule: str, component: str, message: str, evidence: Iterable[Evidence], remedy: str, *, traffic: bool) -> Finding:
    leads_to = _LEADS_TO[component] if traffic else frozenset()
    return notice(
        rule, component, message, evidence, remedy, leads_to=leads_to, suspect=traffic, certainty=Certainty.LIKELY, final=False,
    )


def _seen(snapshot: Observed, stray: Stray) -> list[Evidence]:
    made = owner(stray.pod)
    by = f"made by {made[0]} {made[1]}" if made else "made by hand"
    ports = _ports_at(snapshot, stray)
    return [
        seen(stray.pod, f"labels {words(stray.pod['metadata'].get('labels', {}))}; {by}", "pod"),
        seen(stray.service, f"spec.selector: {words(stray.service['spec']['selector'])}", "Service"),
        *([seen(stray.service, f"pod {stray.name} is an endpoint of port {ports}", "EndpointSlice")] if ports else []),
    ]


def _ports_at(snapshot: Observed, stray: Stray) -> str:
    """The numbers of its ports at which the Service sends it traffic."""
    with_it = [one for one in slices_of(snapshot, stray.service["metadata"]["name"])
               if any(endpoint.get("targetRef", {}).get("name") == stray.name for endpoint in one.get("endpoints") or ())]
    return ", ".join(str(port.get("port")) for one in with_it for port in one.get("ports") or ())


def _owners(snapshot: Observed, found: Iterable[Stray]) -> str:
    """What has to be deleted so that no such pod is made again: `pod a b`, `deployment a`, `pod/a deployment/b`."""
    owners = list(dict.fromkeys(_root(snapshot, one.pod) for one in found))
    kinds = {kind for kind, _ in owners}
    if len(kinds) == 1:
        return " ".join([*kinds, *(name for _, name in owners)])
    return " ".join("/".join(one) for one in owners)


def _root(snapshot: Observed, pod: Object) -> tuple[str, str]:
    kind, name = owner(pod) or ("Pod", str(pod["metadata"]["name"]))
    item = snapshot.get(kind, name)
    above = owner(item) if item and kind == "ReplicaSet" else None
    kind, name = above or (kind, name)
    return kind.lower(), name


def _addresses(snapshot: Observed, component: str) -> Iterator[Found]:
    """EndpointSlices of its Services that Kubernetes itself has not made, with addresses that are none of its pods'."""
    deployment = BY_NAME[component].cluster.deployment
    own = {pod.get("status", {}).get("podIP") for pod in snapshot.items("Pod") if made_by(deployment, pod)}
    for service in _services(snapshot, component):
        for one in slices_of(snapshot, service["metadata"]["name"]):
            strange = sorted(set(_ready(one)) - own)
            if strange and one["metadata"].get("labels", {}).get(MANAGED_BY) != CONTROLLER:
                yield Found(_redirected(snapshot, component, service, one, ", ".join(strange)))


def _redirected(snapshot: Observed, component: str, service: Object, to: Object, addresses: str) -> Finding:
    name, ports = to["metadata"]["name"], ", ".join(str(port.get("port")) for port in to.get("ports") or ())
    away = f"sends traffic of the Service {service['metadata']['name']} to {addresses}, which is no pod of its Deployment"
    message, remedy = f"{component}: the EndpointSlice {name} {away}", kubectl(snapshot, f"delete endpointslice {name}")
    evidence = [seen(to, f"ready endpoints {addresses}, ports {ports}; not made by the cluster's controller", "EndpointSlice")]
    return _notice("stray-endpoints", component, message, evidence, remedy, traffic=True)


def _ready(endpoint_slice: Object) -> list[Any]:
    return [address for endpoint in endpoint_slice.get("endpoints") or ()
            if endpoint.get("conditions", {}).get("ready") is not False for address in endpoint.get("addresses") or ()]
