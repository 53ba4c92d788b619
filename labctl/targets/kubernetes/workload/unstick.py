"""Retries at once what the cluster would retry only after its back-off: the cause may be gone by now."""

import time
from collections.abc import Iterable

from labctl.targets.kubernetes.kube import Kube, Object, path
from labctl.targets.kubernetes.names import LabNames
from labctl.targets.kubernetes.rules.pods import exits, images, references

RETRIED = "labctl.dev/tried-again"
STUCK = {*images.REASONS, *exits.CANNOT_BEGIN, references.CONFIG_ERROR, "CrashLoopBackOff"}


def retry_now(kube: Kube, names: LabNames, deployments: Iterable[Object]) -> bool:
    """Retry pods in back-off, and Deployments whose pods were not admitted. Returns whether anything was retried."""
    pods = [pod for pod in kube.items("Pod", names.namespace, names.selector) if _stuck(pod)]
    for pod in pods:
        kube.delete(path("Pod", names.namespace, pod["metadata"]["name"]))
    refused = [deployment for deployment in deployments if _refused(deployment)]
    for deployment in refused:
        # the annotation is copied to the ReplicaSet, and that change makes it try again
        change = {"metadata": {"annotations": {RETRIED: str(time.time_ns())}}}
        kube.patch(path("Deployment", names.namespace, deployment["metadata"]["name"]), change)
    return bool(pods or refused)


def _stuck(pod: Object) -> bool:
    waiting = (status.get("state", {}).get("waiting", {}) for status in pod.get("status", {}).get("containerStatuses", ()))
    return "deletionTimestamp" not in pod["metadata"] and any(state.get("reason") in STUCK for state in waiting)


def _refused(deployment: Object) -> bool:
    conditions = deployment.get("status", {}).get("conditions", ())
    return any(one["type"] == "ReplicaFailure" and one["status"] == "True" for one in conditions)
