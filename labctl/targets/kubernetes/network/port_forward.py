"""Port forward to a component's pod through the API server: one WebSocket for each connection, too slow for load.

Every connection goes to a pod that is ready at that moment, so a replaced pod breaks only the connections it had.
"""

import contextlib
import select
from collections.abc import Iterable

from labctl.errors import LabError, NotReady
from labctl.host.waiting import Deadline, until
from labctl.targets.kubernetes.kube import Kube, Object
from labctl.targets.kubernetes.names import DEPLOYMENTS, LabNames
from labctl.targets.kubernetes.network.websocket import PortStream
from labctl.targets.kubernetes.ownership import pods_of
from labctl.targets.kubernetes.snapshot import is_ready

FIND_S = 10.0
FIND_EVERY_S = 0.4                      # each look is a request, and a pod takes seconds to become ready
REFUSE_S = 1.0                          # the kubelet dials at once, so a refusal comes soon


def dial(kube: Kube, names: LabNames, component: str, port: int) -> PortStream:
    """Raises NotReady when no pod is ready in time, or none accepts the connection."""
    pod = until(lambda: _best(pods_of(kube, names, component)), FIND_S, every=FIND_EVERY_S)
    if pod is None:
        raise NotReady(f"no pod of {DEPLOYMENTS[component]} is ready", hint="labctl status")
    return PortStream(kube.access, names.namespace, pod, port)


def refused(stream: PortStream) -> bool:
    """Whether the pod refuses the connection at once, as when nothing listens on the port. Closes the stream."""
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
    """The newest ready pod; else one that is being deleted, which answers until it ends."""
    able = [pod for pod in pods if is_ready(pod) or _drains(pod)]
    best = max(able, key=_preference, default=None)
    return str(best["metadata"]["name"]) if best else None


def _drains(pod: Object) -> bool:
    statuses = pod.get("status", {}).get("containerStatuses", ())
    return "deletionTimestamp" in pod["metadata"] and any("running" in status.get("state", {}) for status in statuses)


def _preference(pod: Object) -> tuple[bool, bool, str]:
    meta = pod["metadata"]
    return "deletionTimestamp" not in meta, is_ready(pod), meta["creationTimestamp"]
