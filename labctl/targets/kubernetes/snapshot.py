"""A snapshot of a lab's objects in the cluster: what the rules look at.

Subtle: an empty kind may be one that was not queried; `queried` tells the two apart.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from labctl.components import ALL, BY_NAME, Component, of
from labctl.model import LogLine, Usage
from labctl.targets.kubernetes import recorded
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.names import GIVEN, LabNames
from labctl.targets.kubernetes.ownership import made_by

WEBHOOKS: Final = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")


@dataclass(frozen=True, slots=True)
class Published:
    """An endpoint's URL on this machine, and the port of the node that it leads to."""

    url: str
    node_port: int


@dataclass(frozen=True, slots=True)
class NodeState:
    """What the node itself says, where a target can ask it."""

    clock_ahead_s: float | None = None          # of this machine's
    enforces_policies: bool | None = None       # whether NetworkPolicies have an effect; None: unknown
    stopped: Mapping[str, str] = field(default_factory=dict)    # of its own services, with the line that starts it
    restart: str = ""                           # the line that restarts it, where a target has one


@dataclass(frozen=True, slots=True)
class Workload:
    """A component's Deployment, and its newest pod."""

    component: str
    deployment: Object
    pod: Object | None
    pods: Sequence[Object]              # all that are not being deleted

    @property
    def name(self) -> str:
        return str(self.deployment["metadata"]["name"])

    @property
    def is_complete(self) -> bool:
        return complete(self.deployment)

    @property
    def new_pod(self) -> Object | None:
        """The newest pod, where the controller has created one of the current template; until then it is an earlier one's."""
        status = self.deployment.get("status", {})
        if "observedGeneration" not in status:
            return self.pod
        seen = status["observedGeneration"] >= self.deployment["metadata"].get("generation", 0)
        return self.pod if seen and status.get("updatedReplicas") else None


@dataclass(frozen=True, slots=True)
class Observed:
    names: LabNames
    at: float                           # Unix seconds
    objects: Mapping[str, Sequence[Object]]     # by kind, of the namespace; Secrets have metadata alone
    desired: Sequence[Object] = ()      # what `up` would apply
    logs: Mapping[str, Sequence[LogLine]] = field(default_factory=dict)             # last lines, by pod
    previous_logs: Mapping[str, Sequence[LogLine]] = field(default_factory=dict)    # from before its restart
    published: Mapping[str, Published] = field(default_factory=dict)                # by endpoint
    usage: Mapping[str, Usage] = field(default_factory=dict)                        # by component
    node: NodeState = field(default_factory=NodeState)

    @property
    def components(self) -> list[Component]:
        """Those that the lab has, or is to have: an add-on by the recorded switches, else by its Deployment."""
        chosen = of(recorded.switches(next(iter(self.items("Namespace")), None)))
        return [one for one in ALL if one in chosen or self._has(one.cluster.deployment)]

    def _has(self, deployment: str) -> bool:
        return bool(self.get("Deployment", deployment) or self.wants("Deployment", deployment))

    def items(self, kind: str) -> Sequence[Object]:
        return self.objects.get(kind, ())

    def queried(self, kind: str) -> bool:
        return kind in self.objects

    def get(self, kind: str, name: str) -> Object | None:
        return next((item for item in self.items(kind) if item["metadata"]["name"] == name), None)

    def lacks(self, kind: str, name: str) -> bool:
        """Whether the object is known to be missing."""
        return self.queried(kind) and self.get(kind, name) is None

    def wants(self, kind: str, name: str) -> Object | None:
        return next((item for item in self.desired if (item["kind"], item["metadata"]["name"]) == (kind, name)), None)

    def workloads(self) -> Iterator[Workload]:
        for component in ALL:
            if deployment := self.get("Deployment", component.cluster.deployment):
                pods = own_pods(deployment, self.items("Pod"))
                yield Workload(component.name, deployment, newest_pod(deployment, self.items("Pod")), pods)

    def age(self, item: Object) -> float:
        """Seconds; 0 where it is not known."""
        return self.at - (unix(item["metadata"].get("creationTimestamp", "")) or self.at)

    def events(self, item: Object, *reasons: str) -> list[Object]:
        """An object's events, the latest last."""
        uid = item["metadata"].get("uid")
        found = [event for event in self.items("Event")
                 if event["involvedObject"].get("uid") == uid and (not reasons or event["reason"] in reasons)]
        return sorted(found, key=event_time)

    def last_event(self, item: Object, *reasons: str) -> str:
        """Its message, or ""."""
        found = self.events(item, *reasons)
        return str(found[-1].get("message", "")) if found else ""


def complete(deployment: Object) -> bool:
    """Whether every replica has the newest template and is available, and no older one is left."""
    wanted, status = deployment["spec"].get("replicas", 1), deployment.get("status", {})
    return bool(
        status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
        and status.get("updatedReplicas", 0) == wanted
        and status.get("availableReplicas", 0) == wanted
        and status.get("replicas", 0) == wanted
    )


def is_ready(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def given_settings(deployment: Object) -> dict[str, str] | None:
    """The settings that its last `up` was given, with their source; None where that is unknown."""
    try:
        found = json.loads(deployment["metadata"].get("annotations", {})[GIVEN])
    except (KeyError, ValueError):
        return None
    return {str(name): str(source) for name, source in found.items()} if isinstance(found, dict) else None


def not_ready_since(pod: Object) -> float:
    """Unix seconds: its creation, where it never was."""
    conditions = (one for one in pod.get("status", {}).get("conditions", ()) if one["type"] == "Ready")
    changed = next((one.get("lastTransitionTime") for one in conditions), None)
    return unix(changed or pod["metadata"].get("creationTimestamp", "")) or 0.0


def was_ready(pod: Object) -> bool:
    """Whether its present container has been ready, and is not any more."""
    begun = unix(status_of(pod).get("state", {}).get("running", {}).get("startedAt", ""))
    return begun is not None and not is_ready(pod) and not_ready_since(pod) > begun


def unix(stamp: str) -> float | None:
    """Unix seconds of RFC 3339."""
    try:
        return datetime.fromisoformat(stamp).timestamp()
    except ValueError:
        return None


def newest_pod(deployment: Object, pods: Iterable[Object]) -> Object | None:
    """The newest pod of the Deployment that is not being deleted."""
    return max(own_pods(deployment, pods), key=lambda pod: str(pod["metadata"]["creationTimestamp"]), default=None)


def own_pods(deployment: Object, pods: Iterable[Object]) -> list[Object]:
    """The pods that the Deployment has made, except those that are being deleted."""
    name = deployment["metadata"]["name"]
    return [pod for pod in pods if made_by(name, pod) and "deletionTimestamp" not in pod["metadata"]]


def has_labels(item: Object, labels: Mapping[str, str]) -> bool:
    return bool(labels.items() <= item["metadata"].get("labels", {}).items())


def container(pod_or_template: Object) -> Object:
    """The component's own container, by its name; else the first. A sidecar may stand before it."""
    containers: list[Object] = pod_or_template["spec"]["containers"]
    return next((one for one in containers if one.get("name") in BY_NAME), containers[0])


def status_of(pod: Object, name: str = "") -> Object:
    """The status of the container of this name, else of the component's own; empty when there is none yet."""
    found: list[Object] = pod.get("status", {}).get("containerStatuses") or []
    own = name or container(pod).get("name")
    return next((one for one in found if one.get("name", own) == own), {})


def ended_beside(pod: Object) -> Object | None:
    """The status of another container than the component's own that has ended and keeps the pod from being ready."""
    own = container(pod).get("name")
    found: list[Object] = pod.get("status", {}).get("containerStatuses") or []
    return next((one for one in found if one.get("name", own) != own and not one.get("ready") and ended(one)), None)


def all_statuses(pod: Object) -> list[Object]:
    """Of its init containers, and then of its containers."""
    status = pod.get("status", {})
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def ended(status: Object) -> Object | None:
    """The `terminated` state of a container: of its current run, else of the previous one."""
    last: Object | None = status.get("state", {}).get("terminated") or status.get("lastState", {}).get("terminated")
    return last


def event_time(event: Object) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or "")
