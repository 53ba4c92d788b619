"""The current health of each component in the cluster."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from labctl.components import COMPONENTS, Component
from labctl.model import Health, State
from labctl.targets.kubernetes.kube import Kube, Object
from labctl.targets.kubernetes.names import LabNames
from labctl.targets.kubernetes.workload import diagnosis, rollout
from labctl.targets.kubernetes.workload.observed import Observed, newest_pod, observe

UP = "labctl up"


@dataclass(frozen=True, slots=True)
class Published:
    """An endpoint's URL on this machine, and the port of the node that it leads to."""

    url: str
    node_port: int


@dataclass(frozen=True, slots=True)
class Seen:
    state: State
    detail: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Workload:
    """A lab's objects in its namespace."""

    observed: Observed
    deployments: Mapping[str, Object]
    services: Mapping[str, Object] = field(default_factory=dict)

    @property
    def node_ports(self) -> set[int]:
        return {port.get("nodePort", 0) for service in self.services.values() for port in service["spec"].get("ports") or ()}


def component_health(kube: Kube, names: LabNames, published: Mapping[str, Published]) -> list[Health]:
    """`published` has the lab's published ports, by endpoint."""
    deployments, services = _by_name(kube.items("Deployment", names.namespace)), _by_name(kube.items("Service", names.namespace))
    workload = Workload(observe(kube, names), deployments, services)
    return [health(component, workload, published) for component in COMPONENTS]


def health(component: Component, workload: Workload, published: Mapping[str, Published]) -> Health:
    deployment = workload.deployments.get(component.cluster.deployment)
    if deployment is None:
        return Health(component.name, State.ABSENT, hint=UP)
    found = _missing(component, deployment, workload, published) or _rollout(deployment, workload.observed)
    pod = newest_pod(deployment, workload.observed.pods)
    urls = {port.name: published[port.name].url for port in component.ports if port.name in published}
    run = _run(pod) if pod else {}
    return Health(component.name, found.state, found.detail, urls, hint=found.hint, **run)


def _missing(component: Component, deployment: Object, workload: Workload, published: Mapping[str, Published]) -> Seen | None:
    """A missing object without which the component cannot be used, even if its pod is ready."""
    name = component.cluster.deployment
    if deployment["spec"].get("replicas", 1) == 0:
        return Seen(State.DEGRADED, f"the Deployment {name} is scaled to 0 replicas", UP)
    if name not in workload.services:
        return Seen(State.DEGRADED, f"the Service {name} is missing", UP)
    for port in component.ports:
        at = published.get(port.name)
        if at and at.node_port not in workload.node_ports:
            return Seen(State.DEGRADED, f"no Service has the node port {at.node_port}, to which {at.url} leads", UP)
    return None


def _rollout(deployment: Object, observed: Observed) -> Seen:
    if rollout.complete(deployment):
        return Seen(State.READY)
    cause = diagnosis.find_cause([deployment], observed)
    if cause is None:
        return Seen(State.STARTING, "" if newest_pod(deployment, observed.pods) else "no pod yet")
    by_hand = diagnosis.changed_by_hand(deployment)
    detail = f"{cause.message}: {cause.seen}" + ("; its Deployment was changed by hand" if by_hand else "")
    hint = UP if by_hand else cause.hint
    if not cause.final:
        return Seen(State.STARTING, detail)
    if deployment.get("status", {}).get("availableReplicas", 0) > 0:
        return Seen(State.DEGRADED, f"an older pod serves; the new one: {detail}", hint)
    return Seen(State.FAILED, detail, hint)


def _by_name(objects: Iterable[Object]) -> dict[str, Object]:
    return {item["metadata"]["name"]: item for item in objects}


def _started(pod: Object) -> float:
    return datetime.fromisoformat(pod["status"].get("startTime") or pod["metadata"]["creationTimestamp"]).timestamp()


def _run(pod: Object) -> dict[str, Any]:
    """The pod, its image, how often its containers were restarted, and the reason of the last restart."""
    statuses: list[dict[str, Any]] = pod["status"].get("containerStatuses") or []
    ended = next((s["lastState"]["terminated"] for s in statuses if s.get("lastState", {}).get("terminated")), None)
    return {
        "started": _started(pod), "pod": pod["metadata"]["name"], "image": pod["spec"]["containers"][0]["image"],
        "restarts": sum(status.get("restartCount", 0) for status in statuses),
        "reason": f"{ended.get('reason', 'ended')}, exit code {ended.get('exitCode')}" if ended else "",
    }
