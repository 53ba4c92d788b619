"""The components' logs from the cluster, of all pods, merged by time; followed without losing or repeating a line."""

import heapq
import queue
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from labctl.errors import LabError
from labctl.model import LogLine, LogQuery
from labctl.targets.kubernetes.kube import Kube, Object, path
from labctl.targets.kubernetes.log_position import Position, seconds
from labctl.targets.kubernetes.names import DEPLOYMENTS, LabNames
from labctl.targets.kubernetes.ownership import made_by, pods_of, selector
from labctl.targets.kubernetes.snapshot import container, status_of
from labctl.targets.loglines import last

SILENCE_S = 60.0
PAUSE_S = 0.2


def read(kube: Kube, names: LabNames, query: LogQuery) -> Iterator[LogLine]:
    """Lines ordered by time; with `follow` the existing ones and then new ones, until closed."""
    if query.follow:
        yield from _Following(kube, names, query).lines()
        return
    logs = [_whole(kube, component, pod, query) for component in query.components for pod in pods_of(kube, names, component)]
    yield from last(query.tail, heapq.merge(*logs, key=lambda line: line.at or 0.0))


def _whole(kube: Kube, component: str, pod: Object, query: LogQuery) -> Iterator[LogLine]:
    instance = _instance(pod)
    tail = {} if query.tail is None else {"tailLines": str(query.tail)}
    for previous in _runs(instance, query):
        position = Position(query.since)
        try:
            for line in _stream(kube, pod, position, {"previous": str(previous).lower(), **tail}):
                yield LogLine(component, *line)
        except LabError:
            continue                    # the container has not started yet, or its log is gone
        if previous and not query.previous:
            yield LogLine(component, position.at, instance.mark())


def _runs(instance: "Instance", query: LogQuery) -> list[bool]:
    """Which runs of a container to read, each as the value of `previous`."""
    return ([True] if instance.restarts else []) + ([] if query.previous else [False])


@dataclass(frozen=True, slots=True)
class Instance:
    """Which run of a pod's container this is."""

    restarts: int
    why: str

    def mark(self) -> str:
        return f"--- the container was restarted ({self.why}) ---"


def _instance(pod: Object) -> Instance:
    status = status_of(pod)
    ended = status.get("lastState", {}).get("terminated", {})
    return Instance(status.get("restartCount", 0), f"{ended.get('reason', 'ended')}, exit code {ended.get('exitCode', '?')}")


def _stream(kube: Kube, pod: Object, position: Position, more: Mapping[str, str]) -> Iterator[tuple[float | None, str]]:
    """Fresh lines as (Unix seconds, text), until the answer ends."""
    where = f"{path('Pod', pod['metadata']['namespace'], pod['metadata']['name'])}/log"
    resumed = position.resume()
    query = {"container": container(pod)["name"], "timestamps": "true", **position.query(), **more}
    for raw in kube.lines(where, query, SILENCE_S):
        stamp, _, text = raw.decode(errors="replace").partition(" ")
        if resumed.fresh(stamp):
            yield seconds(stamp), text


class _Following:
    """A thread for every present and future pod; all write into one queue."""

    def __init__(self, kube: Kube, names: LabNames, query: LogQuery) -> None:
        self._kube, self._names, self._query = kube, names, query
        self._queue: queue.SimpleQueue[LogLine] = queue.SimpleQueue()
        self._over = threading.Event()
        self._began = time.time()

    def lines(self) -> Iterator[LogLine]:
        for component in self._query.components:
            self._begin(self._discover, component)
        try:
            while True:
                try:
                    yield self._queue.get(timeout=0.5)
                except queue.Empty:
                    continue
        finally:
            self._over.set()

    def _begin(self, work: object, *args: object) -> None:
        threading.Thread(target=work, args=args, daemon=True).start()  # type: ignore[arg-type]

    def _discover(self, component: str) -> None:
        known: set[str] = set()
        where = path("Pod", self._names.namespace)
        while not self._over.is_set():
            try:
                for event in self._kube.watch(where, {"labelSelector": selector(component)}, SILENCE_S):
                    pod = event["object"]
                    own = event["type"] in {"ADDED", "MODIFIED"} and made_by(DEPLOYMENTS[component], pod)
                    if own and pod["metadata"]["uid"] not in known:
                        known.add(pod["metadata"]["uid"])
                        self._begin(self._follow, component, pod)
            except LabError:
                self._over.wait(PAUSE_S)

    def _follow(self, component: str, pod: Object) -> None:
        position, instance, tail = Position(self._query.since), _instance(pod), self._tail(pod)
        while not self._over.is_set():
            self._drain(component, pod, position, {"follow": "true", **tail})
            tail = {}                   # after a break all lines are wanted
            now = self._look(pod)
            if now is None:
                return
            if _instance(now).restarts > instance.restarts:
                instance = _instance(now)
                self._drain(component, pod, position, {"previous": "true"})
                self._queue.put(LogLine(component, position.at, instance.mark()))
                position = Position(position.at)
            else:
                self._over.wait(PAUSE_S)

    def _tail(self, pod: Object) -> dict[str, str]:
        """A pod that appeared later is read from its first line."""
        there = (seconds(pod["metadata"]["creationTimestamp"]) or 0.0) <= self._began
        return {"tailLines": str(self._query.tail)} if there and self._query.tail is not None else {}

    def _drain(self, component: str, pod: Object, position: Position, more: Mapping[str, str]) -> None:
        try:
            for at, text in _stream(self._kube, pod, position, more):
                self._queue.put(LogLine(component, at, text))
        except LabError:
            return                      # not started yet, or gone: the caller looks again

    def _look(self, pod: Object) -> Object | None:
        """The pod as it is now, or None when this pod (by uid) is gone."""
        try:
            now = self._kube.get(path("Pod", pod["metadata"]["namespace"], pod["metadata"]["name"]))
        except LabError:
            return pod                  # the API server does not answer at the moment
        return now if now and now["metadata"]["uid"] == pod["metadata"]["uid"] else None
