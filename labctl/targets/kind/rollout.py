"""Waiting until the lab's Deployments stand, by watching; a rollout that cannot finish ends at once with its cause."""

import queue
import threading
import time
from collections.abc import Iterator
from typing import Self

from labctl.errors import LabError, NotReady
from labctl.targets.kind import causes
from labctl.targets.kind.kube import Kube, Object, path
from labctl.targets.kind.place import LAB, Place

LONGEST_SILENCE_S = 30.0
TOGETHER_S = 0.1                        # changes come in swarms, and looking costs the API server more than waiting
MISSING_S = 1.0                         # how often to look for what no event tells


def complete(deployment: Object) -> bool:
    """Whether every replica is of the newest template and available, and no older one is left."""
    wanted, status = deployment["spec"].get("replicas", 1), deployment.get("status", {})
    return bool(
        status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
        and status.get("updatedReplicas", 0) == wanted
        and status.get("availableReplicas", 0) == wanted
        and status.get("replicas", 0) == wanted
    )


def wait(kube: Kube, place: Place, patience_s: float) -> Iterator[list[str]]:
    """Yields the Deployments that are awaited, until all are complete. Raises NotReady or LabError with the cause."""
    deadline = time.monotonic() + patience_s
    with _Changes(kube, place) as changes:
        while True:
            waiting = [d for d in kube.items("Deployment", place.namespace, f"{LAB}={place.lab}") if not complete(d)]
            if not waiting:
                return
            names = [d["metadata"]["name"] for d in waiting]
            yield names
            cause = causes.of(kube, place, waiting)
            if cause and cause.final:
                raise LabError(cause.message, detail=cause.seen, hint=cause.hint)
            if time.monotonic() > deadline:
                raise _late(", ".join(names), cause)
            changes.next(min(MISSING_S, deadline - time.monotonic()))
            time.sleep(TOGETHER_S)


def _late(names: str, cause: "causes.Cause | None") -> NotReady:
    if cause:
        return NotReady(cause.message, detail=cause.seen, hint=cause.hint)
    return NotReady(f"{names} is not ready", detail="no pod says why", hint="labctl status; labctl logs")


class _Changes:
    """Says when a pod or a Deployment of the lab has changed."""

    def __init__(self, kube: Kube, place: Place) -> None:
        self._queue: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._kube, self._place, self._over = kube, place, threading.Event()

    def __enter__(self) -> Self:
        for kind in ("Pod", "Deployment"):
            threading.Thread(target=self._follow, args=(kind,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def next(self, seconds: float) -> None:
        """Until something has changed, or for `seconds`; several changes at once are one."""
        try:
            self._queue.get(timeout=max(0.0, seconds))
            while True:
                self._queue.get_nowait()
        except queue.Empty:
            return

    def _follow(self, kind: str) -> None:
        query = {"labelSelector": f"{LAB}={self._place.lab}"}
        while not self._over.is_set():
            try:
                for _ in self._kube.watch(path(kind, self._place.namespace), query, LONGEST_SILENCE_S):
                    self._queue.put(None)
                    if self._over.is_set():
                        return
            except LabError:
                self._over.wait(0.5)
