"""The way to a component's pod over the API server: one WebSocket for each connection, made for looking and not for load.

Every connection goes to a pod that is ready at that moment, so a pod that is replaced breaks the connections it had alone.
"""

import contextlib
import select
from collections.abc import Iterable

from labctl.errors import LabError, NotReady
from labctl.host.waiting import Deadline, until
from labctl.targets.kubernetes.kube import Kube, Object
from labctl.targets.kubernetes.logs import selector
from labctl.targets.kubernetes.names import DEPLOYMENTS, LabNames
from labctl.targets.kubernetes.network.websocket import PortStream
from labctl.targets.kubernetes.workload.observed import is_ready

FIND_S = 10.0
FIND_EVERY_S = 0.1
REFUSE_S = 1.0                          # the kubelet dials at once, so a refusal is soon there


def dial(kube: Kube, names: LabNames, component: str, port: int) -> PortStream:
    """Raises NotReady when no pod is there for it in time, or none takes it."""
    pod = until(lambda: _best(kube.items("Pod", names.namespace, selector(component))), FIND_S, every=FIND_EVERY_S)
    if pod is None:
        raise NotReady(f"no pod of {DEPLOYMENTS[component]} is ready", hint="labctl status")
    return PortStream(kube.access, names.namespace, pod, port)


def refused(stream: PortStream) -> bool:
    """Whether the pod's side refuses at once, as it does where nothing listens. Closes the stream."""
    deadline = Deadline.after(REFUSE_S)
    with contextlib.closing(stream):
        while not deadline.passed:
            if not stream.pending() and not select.select([stream.socket], [], [], deadline.left)[0]:
                return False
            try:
                if stream.receive() is None:
                    return True
            except LabError:
                return True
    return False


def _best(pods: Iterable[Object]) -> str | None:
    """A pod that is ready, the newest; else one that is being deleted, which answers until it ends."""
    able = [pod for pod in pods if is_ready(pod) or _drains(pod)]
    best = max(able, key=_preference, default=None)
    return str(best["metadata"]["name"]) if best else None


def _drains(pod: Object) -> bool:
    statuses = pod.get("status", {}).get("containerStatuses", ())
    return "deletionTimestamp" in pod["metadata"] and any("running" in status.get("state", {}) for status in statuses)


def _preference(pod: Object) -> tuple[bool, bool, str]:
    meta = pod["metadata"]
    return "deletionTimestamp" not in meta, is_ready(pod), meta["creationTimestamp"]
