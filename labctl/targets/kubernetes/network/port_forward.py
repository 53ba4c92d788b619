"""The way to a component's pod over the API server: one WebSocket for each connection, made for looking and not for load.

Every connection goes to a pod that is ready at that moment, so a pod that is replaced breaks the connections it had alone.
"""

import time
from collections.abc import Iterable

from labctl.errors import NotReady
from labctl.targets.kubernetes import health
from labctl.targets.kubernetes.kube import Kube, Object
from labctl.targets.kubernetes.logs import selector
from labctl.targets.kubernetes.names import DEPLOYMENTS, LabNames
from labctl.targets.kubernetes.network.websocket import PortStream

FIND_S = 10.0
FIND_EVERY_S = 0.1


def dial(kube: Kube, names: LabNames, component: str, port: int) -> PortStream:
    """Raises NotReady when no pod is there for it in time, or none takes it."""
    deadline = time.monotonic() + FIND_S
    while True:
        pod = _best(kube.items("Pod", names.namespace, selector(component)))
        if pod:
            return PortStream(kube.access, names.namespace, pod, port)
        if time.monotonic() > deadline:
            raise NotReady(f"no pod of {DEPLOYMENTS[component]} is ready")
        time.sleep(FIND_EVERY_S)


def _best(pods: Iterable[Object]) -> str | None:
    """A pod that is ready, the newest; else one that is being deleted, which answers until it ends."""
    able = [pod for pod in pods if health.is_ready(pod) or _drains(pod)]
    best = max(able, key=_preference, default=None)
    return str(best["metadata"]["name"]) if best else None


def _drains(pod: Object) -> bool:
    statuses = pod.get("status", {}).get("containerStatuses", ())
    return "deletionTimestamp" in pod["metadata"] and any("running" in status.get("state", {}) for status in statuses)


def _preference(pod: Object) -> tuple[bool, bool, str]:
    meta = pod["metadata"]
    return "deletionTimestamp" not in meta, health.is_ready(pod), meta["creationTimestamp"]
