"""Why a pod does not get ready, from what the API server shows of it.

`final` causes do not heal by waiting: a rollout ends with them at once.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from labctl.errors import LabError
from labctl.targets.kubernetes.kube import Kube, Object, path
from labctl.targets.kubernetes.names import DEPLOYMENTS, LabNames

IMAGE = {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError"}
CONFIG = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
NO_SUCH_PAGE = re.compile(r"statuscode: 4\d\d")          # it answers, and this will not change by waiting
SIGKILLED = 137
LOG_LINES = 6


@dataclass(frozen=True, slots=True)
class Cause:
    message: str
    seen: str
    hint: str
    final: bool


def find_cause(kube: Kube, names: LabNames, deployments: Iterable[Object]) -> Cause | None:
    """The first cause that does not heal, else the first that may."""
    pods = kube.items("Pod", names.namespace, names.selector)
    found = [cause for deployment in deployments for cause in deployment_causes(kube, deployment, pods)]
    return next((cause for cause in found if cause.final), found[0] if found else None)


def deployment_causes(kube: Kube, deployment: Object, pods: list[Object]) -> Iterator[Cause]:
    component = component_of(deployment["metadata"]["name"])
    for condition in deployment.get("status", {}).get("conditions", ()):
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            yield _refused(component, condition["message"])
    pod = newest_pod(deployment, pods)
    if pod:
        yield from pod_causes(kube, component, pod)


def newest_pod(deployment: Object, pods: Iterable[Object]) -> Object | None:
    """The youngest pod of the Deployment that is not being deleted."""
    labels = deployment["spec"]["selector"]["matchLabels"].items()
    own = [p for p in pods if labels <= p["metadata"].get("labels", {}).items() and "deletionTimestamp" not in p["metadata"]]
    return max(own, key=lambda pod: str(pod["metadata"]["creationTimestamp"]), default=None)


def component_of(name: str) -> str:
    return next((component for component, deployment in DEPLOYMENTS.items() if deployment == name), name)


def _refused(component: str, said: str) -> Cause:
    quota = "exceeded quota" in said
    hint = "kubectl get resourcequota -A; raise it, or delete it" if quota else "labctl status"
    return Cause(f"{component}: its pod is not admitted{' by a quota' if quota else ''}", said, hint, final=quota)


def pod_causes(kube: Kube, component: str, pod: Object) -> Iterator[Cause]:
    for condition in pod.get("status", {}).get("conditions", ()):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            said = condition.get("message", "")
            hint = "lower resources.requests in its manifest, or give Docker more CPU and memory"
            yield Cause(f"{component}: no node takes its pod", said, hint, final="Insufficient" in said)
    for status in pod.get("status", {}).get("containerStatuses", ()):
        yield from _container_causes(kube, component, pod, status)


def _container_causes(kube: Kube, component: str, pod: Object, status: dict[str, Any]) -> Iterator[Cause]:
    waiting = status.get("state", {}).get("waiting", {})
    reason, said = waiting.get("reason", ""), waiting.get("message", "")
    if reason in IMAGE:
        yield Cause(f"{component}: the node has no image {status['image']} ({reason})", said, "labctl up", final=True)
    elif reason in CONFIG:
        yield Cause(f"{component}: its container cannot be made ({reason})", said, "labctl status", final=True)
    ended = status.get("state", {}).get("terminated") or status.get("lastState", {}).get("terminated")
    if ended and not status.get("ready"):
        yield _ended(kube, component, pod, ended, current="terminated" in status.get("state", {}))
    elif "running" in status.get("state", {}) and not status.get("ready"):
        seen = _last_event(kube, pod, "Unhealthy")
        if seen:
            hint = f"labctl logs {component}; the probe is in its manifest"
            yield Cause(f"{component}: its probe fails", seen, hint, final=bool(NO_SUCH_PAGE.search(seen)))


def _ended(kube: Kube, component: str, pod: Object, ended: dict[str, Any], *, current: bool) -> Cause:
    limits = pod["spec"]["containers"][0].get("resources", {}).get("limits", {})
    lines = _log(kube, pod, previous=not current)
    if ended.get("reason") == "OOMKilled" or ended.get("exitCode") == SIGKILLED:
        # some engines do not tell the kernel's reason on
        why = "as it wanted" if ended.get("reason") == "OOMKilled" else "as happens to what wants"
        hint = "raise resources.limits.memory in its manifest, then: labctl up"
        return Cause(f"{component}: killed, {why} more than its limit of {limits.get('memory')}", lines, hint, final=True)
    said = ended.get("message") or lines
    return Cause(
        f"{component}: ended with exit code {ended.get('exitCode')} ({ended.get('reason', 'unknown')})", said,
        f"labctl logs {component}", final=True,
    )


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


def _last_event(kube: Kube, pod: Object, reason: str) -> str:
    meta = pod["metadata"]
    fields = f"involvedObject.uid={meta['uid']},reason={reason}"
    found = kube.get(f"api/v1/namespaces/{meta['namespace']}/events", {"fieldSelector": fields}) or {"items": []}
    events = sorted(found["items"], key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))
    return str(events[-1]["message"]) if events else ""
