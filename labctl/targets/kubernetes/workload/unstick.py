"""What the cluster would retry only after a pause of its own, retried at once: the cause may be gone by now."""

import time
from collections.abc import Iterable

from labctl.targets.kubernetes.kube import Kube, Object, path
from labctl.targets.kubernetes.names import LabNames
from labctl.targets.kubernetes.workload import diagnosis

RETRIED = "labctl.dev/tried-again"
STUCK = {*diagnosis.IMAGE_REASONS, *diagnosis.CONFIG_REASONS, "CrashLoopBackOff"}


def retry_now(kube: Kube, names: LabNames, deployments: Iterable[Object]) -> bool:
    """Whether anything was retried: pods that wait for their next turn, Deployments whose pods were not admitted."""
    pods = [pod for pod in kube.items("Pod", names.namespace, names.selector) if _stuck(pod)]
    for pod in pods:
        kube.delete(path("Pod", names.namespace, pod["metadata"]["name"]))
    refused = [deployment for deployment in deployments if _refused(deployment)]
    for deployment in refused:
        # an annotation reaches the ReplicaSet, and a change of that one starts it again
        change = {"metadata": {"annotations": {RETRIED: str(time.time_ns())}}}
        kube.patch(path("Deployment", names.namespace, deployment["metadata"]["name"]), change)
    return bool(pods or refused)


def _stuck(pod: Object) -> bool:
    waiting = (status.get("state", {}).get("waiting", {}) for status in pod.get("status", {}).get("containerStatuses", ()))
    return "deletionTimestamp" not in pod["metadata"] and any(state.get("reason") in STUCK for state in waiting)


def _refused(deployment: Object) -> bool:
    conditions = deployment.get("status", {}).get("conditions", ())
    return any(one["type"] == "ReplicaFailure" and one["status"] == "True" for one in conditions)
