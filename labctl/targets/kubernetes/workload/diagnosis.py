"""Why a Deployment's pod does not become ready, from its observed state.

Waiting does not help against `final` causes: a rollout fails at once with them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from labctl.targets.kubernetes.kube import MANAGER, Object
from labctl.targets.kubernetes.names import DEPLOYMENTS
from labctl.targets.kubernetes.workload.observed import Observed, ended, newest_pod

IMAGE_REASONS = {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError"}
CONFIG_REASONS = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
CONTROLLERS = {MANAGER, "kube-controller-manager"}
NO_SUCH_PAGE = re.compile(r"statuscode: 4\d\d")          # the probe's path does not exist: waiting does not help
SIGKILLED = 137


@dataclass(frozen=True, slots=True)
class Cause:
    message: str
    seen: str
    hint: str
    final: bool


def find_cause(deployments: Iterable[Object], observed: Observed) -> Cause | None:
    """The first final cause, else the first cause."""
    found = [cause for deployment in deployments for cause in deployment_causes(deployment, observed)]
    return next((cause for cause in found if cause.final), found[0] if found else None)


def deployment_causes(deployment: Object, observed: Observed) -> Iterator[Cause]:
    component = component_of(deployment["metadata"]["name"])
    for condition in deployment.get("status", {}).get("conditions", ()):
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            yield _not_admitted(component, condition["message"])
    pod = newest_pod(deployment, observed.pods)
    if pod and _has_pod_of_its_template(deployment):
        yield from pod_causes(component, pod, observed)


def _has_pod_of_its_template(deployment: Object) -> bool:
    """Whether the controller has created a pod of the current template; until then the newest is an earlier one's."""
    status = deployment.get("status", {})
    if "observedGeneration" not in status:
        return True
    return status["observedGeneration"] >= deployment["metadata"].get("generation", 0) and bool(status.get("updatedReplicas"))


def component_of(name: str) -> str:
    return next((component for component, deployment in DEPLOYMENTS.items() if deployment == name), name)


def changed_by_hand(deployment: Object) -> bool:
    """Whether another field manager has set a field in the spec of a Deployment that labctl applies."""
    fields = deployment["metadata"].get("managedFields") or ()
    managers = {field.get("manager") for field in fields if "f:spec" in field.get("fieldsV1", {})}
    return MANAGER in managers and not managers <= CONTROLLERS


def _not_admitted(component: str, said: str) -> Cause:
    quota = "exceeded quota" in said
    hint = "kubectl get resourcequota -A; raise it, or delete it" if quota else "labctl status"
    return Cause(f"{component}: its pod is not admitted{' by a quota' if quota else ''}", said, hint, final=quota)


def pod_causes(component: str, pod: Object, observed: Observed) -> Iterator[Cause]:
    for condition in pod.get("status", {}).get("conditions", ()):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            yield _not_scheduled(component, condition.get("message", ""), observed)
    yield from _missing_config_maps(component, pod, observed)
    for status in pod.get("status", {}).get("containerStatuses", ()):
        yield from _container_causes(component, pod, status, observed)


def _not_scheduled(component: str, said: str, observed: Observed) -> Cause:
    ending = [pod["metadata"]["name"] for pod in observed.pods if "deletionTimestamp" in pod["metadata"]]
    if ending:
        message = f"{component}: no room for its pod while {', '.join(ending)} {'is' if len(ending) == 1 else 'are'} ending"
        return Cause(message, said, "labctl up, once that has ended", final=False)
    hint = "lower resources.requests in its manifest, or give Docker more CPU and memory"
    return Cause(f"{component}: its pod cannot be scheduled", said, hint, final="Insufficient" in said)


def _missing_config_maps(component: str, pod: Object, observed: Observed) -> Iterator[Cause]:
    if observed.config_maps is None:
        return
    volumes = [volume["configMap"] for volume in pod["spec"].get("volumes") or () if "configMap" in volume]
    for volume in volumes:
        if volume["name"] not in observed.config_maps and not volume.get("optional"):
            said = observed.last_event(pod, "FailedMount")
            hint = "correct its name in manifests/, then: labctl up"
            yield Cause(f"{component}: the ConfigMap {volume['name']} that it mounts is missing", said, hint, final=True)


def _container_causes(component: str, pod: Object, status: dict[str, Any], observed: Observed) -> Iterator[Cause]:
    waiting = status.get("state", {}).get("waiting", {})
    reason, said = waiting.get("reason", ""), waiting.get("message", "")
    if reason in IMAGE_REASONS:
        yield Cause(f"{component}: the node has no image {status['image']} ({reason})", said, "labctl up", final=True)
    elif reason in CONFIG_REASONS:
        yield Cause(f"{component}: its container cannot be created ({reason})", said, "labctl status", final=True)
    elif reason == "ContainerCreating" and (said := observed.last_event(pod, "FailedMount")):
        hint = "correct its manifest, then: labctl up"
        yield Cause(f"{component}: a volume of its pod cannot be mounted", said, hint, final=False)
    last = ended(status)
    if last and not status.get("ready"):
        yield _ended(component, pod, last, observed)
    elif "running" in status.get("state", {}) and not status.get("ready"):
        seen = observed.last_event(pod, "Unhealthy")
        if seen:
            hint = f"labctl logs {component}; the probe is in its manifest"
            yield Cause(f"{component}: its probe fails", seen, hint, final=bool(NO_SUCH_PAGE.search(seen)))


def _ended(component: str, pod: Object, last: dict[str, Any], observed: Observed) -> Cause:
    limits = pod["spec"]["containers"][0].get("resources", {}).get("limits", {})
    lines = observed.last_lines.get(pod["metadata"]["name"], "")
    if last.get("reason") == "OOMKilled" or last.get("exitCode") == SIGKILLED:
        # some engines do not pass the kernel's reason on
        why = "because it used" if last.get("reason") == "OOMKilled" else "probably because it used"
        hint = "raise resources.limits.memory in its manifest, then: labctl up"
        return Cause(f"{component}: killed, {why} more than its limit of {limits.get('memory')}", lines, hint, final=True)
    message = f"{component}: ended with exit code {last.get('exitCode')} ({last.get('reason', 'unknown')})"
    return Cause(message, last.get("message") or lines, f"labctl logs {component}", final=True)
