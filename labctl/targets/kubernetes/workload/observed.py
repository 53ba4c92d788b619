"""A snapshot of a lab's pods from the API server, gathered once for the diagnosis and the health."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from labctl.errors import LabError
from labctl.targets.kubernetes.kube import Kube, Object, path
from labctl.targets.kubernetes.names import LabNames

LOG_LINES = 6


@dataclass(frozen=True, slots=True)
class Observed:
    pods: list[Object]
    events: list[Object] = field(default_factory=list)              # of the namespace
    config_maps: frozenset[str] | None = None                       # the names of all in the namespace; None: not queried
    last_lines: Mapping[str, str] = field(default_factory=dict)     # of the log of a pod whose container ended, by the pod's name

    def last_event(self, pod: Object, reason: str) -> str:
        """The event's message, or ""."""
        uid = pod["metadata"].get("uid")
        found = [event for event in self.events if event["reason"] == reason and event["involvedObject"].get("uid") == uid]
        return str(max(found, key=_when)["message"]) if found else ""


def observe(kube: Kube, names: LabNames) -> Observed:
    """Events, ConfigMaps and logs are queried only when a pod is not ready."""
    pods = kube.items("Pod", names.namespace)
    if all(map(is_ready, pods)):
        return Observed(pods)
    events = kube.items("Event", names.namespace)
    config_maps = frozenset(item["metadata"]["name"] for item in kube.items("ConfigMap", names.namespace))
    return Observed(pods, events, config_maps, _last_lines(kube, pods))


def is_ready(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def newest_pod(deployment: Object, pods: Iterable[Object]) -> Object | None:
    """The newest pod of the Deployment that is not being deleted."""
    return max(own_pods(deployment, pods), key=lambda pod: str(pod["metadata"]["creationTimestamp"]), default=None)


def own_pods(deployment: Object, pods: Iterable[Object]) -> list[Object]:
    """The Deployment's pods, except those that are being deleted."""
    labels = deployment["spec"]["selector"]["matchLabels"].items()
    return [p for p in pods if labels <= p["metadata"].get("labels", {}).items() and "deletionTimestamp" not in p["metadata"]]


def ended(status: Object) -> Object | None:
    """The `terminated` state of a container: of its current run, else of the previous one."""
    last: Object | None = status.get("state", {}).get("terminated") or status.get("lastState", {}).get("terminated")
    return last


def _last_lines(kube: Kube, pods: Iterable[Object]) -> dict[str, str]:
    found = {}
    for pod in pods:
        for status in pod.get("status", {}).get("containerStatuses") or ():
            if ended(status) and not status.get("ready"):
                found[pod["metadata"]["name"]] = _log(kube, pod, previous="terminated" not in status.get("state", {}))
    return found


def _log(kube: Kube, pod: Object, *, previous: bool) -> str:
    meta = pod["metadata"]
    where = f"{path('Pod', meta['namespace'], meta['name'])}/log"
    query = {"tailLines": str(LOG_LINES)}
    for more in ({"previous": "true"}, {}) if previous else ({}, {"previous": "true"}):
        try:
            text = kube.text(where, {**query, **more}).strip()
        except LabError:
            continue
        if text:
            return text
    return ""


def _when(event: Object) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or "")
