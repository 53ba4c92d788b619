"""The cluster does not admit a component's pods: a quota, a LimitRange, pod security, a webhook."""

import re
from collections.abc import Iterator
from typing import Final

from labctl.findings import Evidence, Finding
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.rules.found import TEMPLATE, UP, Field, Found, cause, event, kubectl, seen
from labctl.targets.kubernetes.snapshot import Observed, Workload

LOOKS_AT: Final = "whether pods are admitted: quotas, LimitRanges, pod security, webhooks"
_WEBHOOK: Final = re.compile(r'webhook "([^"]+)"')
_LIMIT: Final = re.compile(r" per (Container|Pod) is \d")
_QUOTA: Final = re.compile(r"exceeded quota: ([^,]+)|failed quota: ([^:]+)")


def find(snapshot: Observed) -> Iterator[Found]:
    for workload in snapshot.workloads():
        if refusal := _refusal(snapshot, workload):
            explains = (Field("Deployment", workload.name, TEMPLATE), Field("Namespace", snapshot.names.namespace))
            yield Found(_explained(snapshot, workload, refusal), explains)


def _refusal(snapshot: Observed, workload: Workload) -> Evidence | None:
    """The API server's words, from the Deployment's condition."""
    for condition in workload.deployment.get("status", {}).get("conditions", ()):
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            return seen(workload.deployment, f"ReplicaFailure: {condition['message']}", "Deployment")
    owned = [one for one in snapshot.items("ReplicaSet") if _owner(one) == workload.deployment["metadata"].get("uid")]
    failed = [one for item in owned for one in snapshot.events(item, "FailedCreate") if not workload.pods]
    return event(failed[-1]) if failed and workload.deployment["spec"].get("replicas", 1) else None


def _owner(item: Object) -> str:
    return next((str(owner["uid"]) for owner in item["metadata"].get("ownerReferences") or ()), "")


def _explained(snapshot: Observed, workload: Workload, refusal: Evidence) -> Finding:
    said, component = refusal.text, workload.component
    if quota := _QUOTA.search(said):
        name = quota[1] or quota[2]
        objects = [refusal, *_of(snapshot, "ResourceQuota", name)]
        remedy = kubectl(snapshot, f"delete resourcequota {name}") + " && labctl up"
        return cause("quota-exceeded", component, f"{component}: its pod is not admitted by a quota, {name}", objects, remedy)
    if hook := _WEBHOOK.search(said):
        message = f"{component}: its pod is not admitted by the admission webhook {hook[1]}"
        return cause("webhook-refuses", component, message, [refusal], _without_webhook(snapshot, hook[1]))
    if "PodSecurity" in said:
        message = f"{component}: its pod is not admitted: it violates the Pod Security level that the namespace enforces"
        return cause("pod-security-refuses", component, message, [refusal, *_security(snapshot)], UP)
    if _LIMIT.search(said) and (limits := snapshot.items("LimitRange")):
        name = limits[0]["metadata"]["name"]
        remedy = kubectl(snapshot, f"delete limitrange {name}") + " && labctl up"
        message = f"{component}: its pod is not admitted by a LimitRange, {name}"
        return cause("limit-range-refuses", component, message, [refusal, *_of(snapshot, "LimitRange", name)], remedy)
    return cause("pod-refused", component, f"{component}: its pod is not admitted", [refusal], UP, final=False)


def _without_webhook(snapshot: Observed, webhook: str) -> str:
    for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        for item in snapshot.items(kind):
            if any(one["name"] == webhook for one in item.get("webhooks") or ()):
                return kubectl(snapshot, f"delete {kind.lower()} {item['metadata']['name']}") + " && labctl up"
    return UP


def _of(snapshot: Observed, kind: str, name: str) -> list[Evidence]:
    item = snapshot.get(kind, name)
    return [seen(item, str(item["spec"].get("hard") or item["spec"].get("limits")), kind)] if item else []


def _security(snapshot: Observed) -> list[Evidence]:
    labels = [f"{key}={value}" for item in snapshot.items("Namespace")
              for key, value in item["metadata"].get("labels", {}).items() if key.startswith("pod-security.")]
    return [Evidence(f"Namespace {snapshot.names.namespace}", ", ".join(labels))] if labels else []
