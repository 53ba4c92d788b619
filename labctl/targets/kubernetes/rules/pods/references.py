"""A ConfigMap or Secret, or a key in one, that a pod needs and that is not there; or a volume that cannot be mounted."""

import re
from collections.abc import Iterator
from typing import Final

from labctl.findings import Evidence
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.rules.found import TEMPLATE, UP, Field, Found, cause, edit, event, seen
from labctl.targets.kubernetes.snapshot import Observed, Workload, container, is_ready, status_of

LOOKS_AT: Final = "the ConfigMaps, Secrets and volumes that pods need"
CONFIG_ERROR: Final = "CreateContainerConfigError"
KUBELET_S: Final = 20.0                 # longer than one that has just begun takes to read what pods need
# kubelet_pods.go, kubelet_getters.go, watch_based_manager.go of Kubernetes: it tries again by itself
_NOT_YET: Final = re.compile(r"not yet been read at least once|failed to sync \w+ cache|object .+ not registered")


def find(snapshot: Observed) -> Iterator[Found]:
    for workload in snapshot.workloads():
        yield from of_workload(snapshot, workload)


def of_workload(snapshot: Observed, workload: Workload) -> list[Found]:
    pod = workload.new_pod
    if pod is None or is_ready(pod):
        return []
    found = list(_missing(snapshot, workload, pod)) or list(_unusable(snapshot, workload, pod))
    return found[:1]


def _missing(snapshot: Observed, workload: Workload, pod: Object) -> Iterator[Found]:
    for kind, reference, how in references(pod):
        name = reference.get("name") or reference.get("secretName")
        if name and not reference.get("optional"):
            if snapshot.lacks(kind, name):
                message = f"{workload.component}: the {kind} {name} that it {how} is missing"
                yield _found(snapshot, workload, pod, f"{kind.lower()}-missing", message, kind, name)
            elif key := _missing_key(snapshot, kind, name, reference):
                message = f"{workload.component}: the {kind} {name} has no key {key}, which it {how}"
                yield _found(snapshot, workload, pod, "key-missing", message, kind, name)


def references(pod: Object) -> Iterator[tuple[str, Object, str]]:
    """Each as kind, reference, and what is done with it."""
    for volume in pod["spec"].get("volumes") or ():
        for kind, field in (("ConfigMap", "configMap"), ("Secret", "secret")):
            if field in volume:
                yield kind, volume[field], "mounts"
    for entry in container(pod).get("envFrom") or ():
        for kind, field in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            if field in entry:
                yield kind, entry[field], "takes its environment from"
    for entry in container(pod).get("env") or ():
        for kind, field in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
            if field in entry.get("valueFrom", {}):
                yield kind, entry["valueFrom"][field], f"takes {entry['name']} from"


def _missing_key(snapshot: Observed, kind: str, name: str, reference: Object) -> str:
    """Only a ConfigMap's keys are known: of a Secret nothing but its name is read."""
    item = snapshot.get(kind, name)
    if kind != "ConfigMap" or item is None:
        return ""
    keys = {*(item.get("data") or {}), *(item.get("binaryData") or {})}
    wanted = [reference["key"]] if "key" in reference else [one["key"] for one in reference.get("items") or ()]
    return next((key for key in wanted if key not in keys), "")


def _unusable(snapshot: Observed, workload: Workload, pod: Object) -> Iterator[Found]:
    """What only the kubelet says: a Secret's key that is missing, a volume that it cannot mount."""
    waiting = status_of(pod).get("state", {}).get("waiting", {})
    if waiting.get("reason") == CONFIG_ERROR:
        yield from _not_created(snapshot, workload, pod, waiting.get("message", ""))
    elif waiting.get("reason") == "ContainerCreating" and (failed := snapshot.events(pod, "FailedMount", "FailedAttachVolume")):
        remedy = edit(workload.component, "volumes", "correct")
        message = f"{workload.component}: a volume of its pod cannot be mounted"
        finding = cause("volume-not-mounted", workload.component, message, [event(failed[-1])], remedy, final=False)
        yield Found(finding, (Field("Deployment", workload.name, TEMPLATE),))


def _not_created(snapshot: Observed, workload: Workload, pod: Object, words: str) -> Iterator[Found]:
    message = f"{workload.component}: its container cannot be created ({CONFIG_ERROR}): {words}"
    if not _NOT_YET.search(words):
        kind, what = ("Secret", "the Secret's name or key") if "secret" in words.lower() else ("", "the pod's template")
        yield _found(snapshot, workload, pod, "configuration-incomplete", message, kind, "", what)
    elif snapshot.age(pod) >= KUBELET_S:
        remedy = snapshot.node.restart or UP
        finding = cause("kubelet-not-ready", workload.component, message, _said(snapshot, pod), remedy, final=False)
        yield Found(finding, (Field("Deployment", workload.name, TEMPLATE),))


def _found(
    snapshot: Observed, workload: Workload, pod: Object, rule: str, message: str, kind: str, name: str, what: str = "",
) -> Found:
    wanted = snapshot.wants(kind, name) is not None
    remedy = UP if wanted else edit(workload.component, what or f"the {kind}'s name or key", "correct")
    finding = cause(rule, workload.component, message, _said(snapshot, pod), remedy)
    return Found(finding, (Field("Deployment", workload.name, TEMPLATE), Field(kind, name)))


def _said(snapshot: Observed, pod: Object) -> list[Evidence]:
    """In the kubelet's words."""
    waiting = status_of(pod).get("state", {}).get("waiting", {})
    if waiting.get("message"):
        return [seen(pod, f"{waiting.get('reason')}: {waiting['message']}", "pod")]
    return [event(one) for one in snapshot.events(pod, "FailedMount", "Failed")[-1:]]
