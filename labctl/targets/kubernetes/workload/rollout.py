"""Waits for the rollout of the lab's Deployments by watching them; a rollout that cannot finish fails at once with its cause."""

import queue
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Self

from labctl.components import COLLECTOR
from labctl.errors import LabError, NotReady
from labctl.findings import Finding
from labctl.host.waiting import Deadline
from labctl.targets.kubernetes import gather
from labctl.targets.kubernetes.kube import Kube, Object, path
from labctl.targets.kubernetes.names import LabNames
from labctl.targets.kubernetes.ownership import pods_of
from labctl.targets.kubernetes.rules import why_not_ready
from labctl.targets.kubernetes.rules.found import component_of
from labctl.targets.kubernetes.snapshot import complete
from labctl.targets.kubernetes.workload import objects, unstick

LONGEST_SILENCE_S = 30.0
TOGETHER_S = 0.1                        # changes come in bursts: one look after each burst
STALE_S = 1.5                           # how long a retried pod may still show its previous failure
MISSING_S = 1.0                         # how often to look for changes without an event
HANDOVER_S = 5.0                        # a collector that ends accepts nothing after its preStop hook of two seconds


def await_rollout(kube: Kube, names: LabNames, patience_s: float) -> Iterator[list[str]]:
    """Yields the incomplete Deployments, until all are complete. Raises NotReady or LabError with the cause."""
    deadline = Deadline.after(patience_s)
    waiting = _incomplete(kube, names)
    if not waiting:
        return                          # without watches, each of which is a connection of its own
    with _Changes(kube, names) as changes:
        believed = time.monotonic() + (STALE_S if unstick.retry_now(kube, names, waiting) else 0.0)
        while waiting:
            deployments = [deployment["metadata"]["name"] for deployment in waiting]
            yield deployments
            cause = _cause(kube, names, waiting)
            if cause and cause.final and time.monotonic() >= believed:
                raise LabError(cause.message, detail=_seen(cause), hint=cause.remedy)
            if deadline.passed:
                raise _late(", ".join(deployments), cause)
            changes.next(min(MISSING_S, deadline.left))
            time.sleep(TOGETHER_S)
            waiting = _incomplete(kube, names)
    yield from _handover(kube, names)


def restart(kube: Kube, names: LabNames, deployment: str) -> None:
    """As `kubectl rollout restart` does."""
    annotations = {objects.RESTARTED: datetime.now(UTC).isoformat(timespec="milliseconds")}
    where = path("Deployment", names.namespace, deployment)
    kube.patch(where, {"spec": {"template": {"metadata": {"annotations": annotations}}}})


def _handover(kube: Kube, names: LabNames) -> Iterator[list[str]]:
    """Wait until the replaced collector has ended: senders keep their connections to it, and would not test the new one."""
    deadline = Deadline.after(HANDOVER_S)
    while not deadline.passed and _is_ending(kube, names, COLLECTOR.name):
        yield [COLLECTOR.cluster.deployment]
        time.sleep(TOGETHER_S)


def _is_ending(kube: Kube, names: LabNames, component: str) -> bool:
    return any("deletionTimestamp" in pod["metadata"] for pod in pods_of(kube, names, component))


def _incomplete(kube: Kube, names: LabNames) -> list[Object]:
    return [d for d in kube.items("Deployment", names.namespace, names.selector) if not complete(d)]


def _cause(kube: Kube, names: LabNames, waiting: list[Object]) -> Finding | None:
    """Of one of these Deployments: a final one, where there is any."""
    components = {component_of(deployment) for deployment in waiting}
    found = why_not_ready(gather.of_workloads(kube, names))
    return next((finding for finding in found if finding.component in components), None)


def _seen(cause: Finding) -> str:
    return cause.evidence[0].text if cause.evidence else ""


def _late(deployments: str, cause: Finding | None) -> NotReady:
    if cause:
        return NotReady(cause.message, detail=_seen(cause), hint=cause.remedy)
    return NotReady(f"{deployments} is not ready", detail="no pod shows a cause", hint="labctl status; labctl logs")


class _Changes:
    """Says when a pod or a Deployment of the lab has changed."""

    def __init__(self, kube: Kube, names: LabNames) -> None:
        self._queue: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._kube, self._names, self._over = kube, names, threading.Event()

    def __enter__(self) -> Self:
        for kind in ("Pod", "Deployment"):
            threading.Thread(target=self._follow, args=(kind,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def next(self, seconds: float) -> None:
        """Wait until something has changed, or for `seconds`; a burst of changes counts as one."""
        try:
            self._queue.get(timeout=max(0.0, seconds))
            while True:
                self._queue.get_nowait()
        except queue.Empty:
            return

    def _follow(self, kind: str) -> None:
        query = {"labelSelector": self._names.selector}
        while not self._over.is_set():
            try:
                for _ in self._kube.watch(path(kind, self._names.namespace), query, LONGEST_SILENCE_S):
                    self._queue.put(None)
                    if self._over.is_set():
                        return
            except LabError:
                self._over.wait(0.5)
