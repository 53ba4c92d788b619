"""Gathers a snapshot of the lab from the API server: all at once for the diagnosis, or only what a rollout and the health need.

No secret's value is read: of Secrets the API server sends metadata alone.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from labctl.errors import LabError
from labctl.host.readings import Reading, Readings
from labctl.host.waiting import Deadline
from labctl.model import LogLine, Usage
from labctl.targets.kubernetes.kube import Kube, Object, path
from labctl.targets.kubernetes.log_position import seconds
from labctl.targets.kubernetes.names import DEPLOYMENTS, LabNames
from labctl.targets.kubernetes.ownership import component_of_pod
from labctl.targets.kubernetes.snapshot import (
    WEBHOOKS,
    NodeState,
    Observed,
    Published,
    ended,
    ended_beside,
    is_ready,
    newest_pod,
    status_of,
)
from labctl.targets.kubernetes.usage import FirstReading, Sampler

KINDS: Final = (
    "Deployment", "Pod", "ReplicaSet", "Service", "EndpointSlice", "ConfigMap", "Event", "NetworkPolicy", "ResourceQuota",
    "LimitRange", "HorizontalPodAutoscaler",
)
METRICS_API: Final = "v1beta1.metrics.k8s.io"
FEW_LINES: Final = 6                    # of what has crashed, for the cause
LINES: Final = 40                       # of each component, for the diagnosis
MOST_FAILING: Final = 6                 # pods besides each component's newest whose logs are read
WITHIN_S: Final = 2.8
Logs = dict[tuple[str, bool], Reading[list[LogLine]]]
"""By pod, and whether it is of the run before its restart."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a whole snapshot is gathered from, and what the target knows better than the API server."""

    kube: Kube
    names: LabNames
    node: str                           # its name
    desired: Callable[[Object | None], Sequence[Object]]        # with what its Namespace has recorded
    published: Callable[[], Mapping[str, Published]]
    sampler: Sampler
    node_state: Callable[[], NodeState]


@dataclass(frozen=True, slots=True)
class Gathered:
    snapshot: Observed
    failed: Sequence[str]               # what could not be gathered, and why


def gather(source: Source, deadline: Deadline) -> Gathered:
    """Everything, in parallel; what has not come by the deadline is given up."""
    readings = Readings(deadline)
    first = readings.begin("usage", source.sampler.first)
    kinds = _begin(readings, source)
    published, state = readings.begin("published ports", source.published), readings.begin("the node", source.node_state)
    pods = kinds["Pod"].take(None) or []
    newest_pods = newest(kinds["Deployment"].take(None) or [], pods)
    usage = readings.begin("usage", lambda: _usage(source.sampler, first, newest_pods))
    namespace = next(iter(kinds["Namespace"].take(None) or []), None)
    desired = readings.begin("manifests", lambda: source.desired(namespace))
    failing = [pod for pod in pods if component_of_pod(pod) and not is_ready(pod) and pod not in newest_pods.values()]
    logs = _begin_logs(readings, source.kube, [*newest_pods.values(), *failing[:MOST_FAILING]], LINES)
    objects = {kind: part.take(None) for kind, part in kinds.items()}
    snapshot = Observed(
        source.names, time.time(), {kind: found for kind, found in objects.items() if found is not None}, desired.take([]),
        _taken(logs, previous=False), _taken(logs, previous=True), published.take({}), usage.take({}), state.take(NodeState()),
    )
    return Gathered(snapshot, readings.failed)


def _usage(sampler: Sampler, first: Reading[FirstReading], pods: Mapping[str, Object]) -> Mapping[str, Usage]:
    return sampler.since(first.take(FirstReading(0.0, {})), pods)


def _begin(readings: Readings, source: Source) -> dict[str, Reading[list[Object] | None]]:
    kube, namespace = source.kube, source.names.namespace

    def begin(kind: str, read: Callable[[], list[Object] | None]) -> Reading[list[Object] | None]:
        return readings.begin(f"{kind} objects", read)

    return {
        **{kind: begin(kind, partial(kube.items, kind, namespace)) for kind in KINDS},
        **{kind: begin(kind, partial(kube.items, kind)) for kind in WEBHOOKS},
        "Secret": begin("Secret", lambda: kube.metadata("Secret", namespace)),
        "Namespace": begin("Namespace", lambda: _one(kube, path("Namespace", name=namespace))),
        "APIService": begin("APIService", lambda: _one(kube, path("APIService", name=METRICS_API))),
        "Node": begin("Node", lambda: _one(kube, path("Node", name=source.node))),
    }


def of_workloads(kube: Kube, names: LabNames) -> Observed:
    """Of Deployments and pods; events, ConfigMaps and logs are queried only when a pod is not ready."""
    snapshot = Observed(names, time.time(), {kind: kube.items(kind, names.namespace) for kind in ("Deployment", "Pod")})
    pods = [pod for pod in snapshot.items("Pod") if not is_ready(pod)]
    if not pods and not any(_refused(deployment) for deployment in snapshot.items("Deployment")):
        return snapshot
    more = {kind: kube.items(kind, names.namespace) for kind in ("Event", "ConfigMap")}
    logs = _begin_logs(Readings(Deadline.after(WITHIN_S)), kube, [pod for pod in pods if ended(_logged(pod))], FEW_LINES)
    return replace(
        snapshot, objects={**snapshot.objects, **more},
        logs=_taken(logs, previous=False), previous_logs=_taken(logs, previous=True),
    )


def _refused(deployment: Object) -> bool:
    return any(one["type"] == "ReplicaFailure" for one in deployment.get("status", {}).get("conditions", ()))


def newest(deployments: Iterable[Object], pods: Sequence[Object]) -> dict[str, Object]:
    """Each component's newest pod, where it has one."""
    by_name = {item["metadata"]["name"]: item for item in deployments}
    found = {component: newest_pod(by_name[name], pods) for component, name in DEPLOYMENTS.items() if name in by_name}
    return {component: pod for component, pod in found.items() if pod}


def _one(kube: Kube, where: str) -> list[Object]:
    found = kube.get(where)
    return [found] if found else []


def _begin_logs(readings: Readings, kube: Kube, pods: Iterable[Object], lines: int) -> Logs:
    """Of each pod whose container has begun, and of its container's previous run where there was one.

    One that has ended may have been started again by now: then what it wrote is its previous run's.
    """
    found: Logs = {}
    for pod in pods:
        status = _logged(pod)
        for previous in [False] * bool(status.get("containerID")) + [True] * bool(status.get("restartCount") or ended(status)):
            name = pod["metadata"]["name"]
            read = partial(_lines, kube, pod, status.get("name", ""), lines, previous=previous)
            found[name, previous] = readings.begin(f"log of {name}", read)
    return found


def _logged(pod: Object) -> Object:
    """The status of the component's own container, or of one beside it that alone keeps the pod from being ready."""
    own = status_of(pod)
    return (ended_beside(pod) if own.get("ready") else None) or own


def _taken(logs: Logs, *, previous: bool) -> dict[str, list[LogLine]]:
    return {pod: lines.take([]) for (pod, of_previous), lines in logs.items() if of_previous == previous}


def _lines(kube: Kube, pod: Object, name: str, lines: int, *, previous: bool) -> list[LogLine]:
    where = f"{path('Pod', pod['metadata']['namespace'], pod['metadata']['name'])}/log"
    named = {"container": name} if name else {}
    query = {"tailLines": str(lines), "timestamps": "true", "previous": str(previous).lower()} | named
    try:
        text = kube.text(where, query)
    except LabError:
        return []                       # the container has not begun yet, or its log is gone
    component = component_of_pod(pod) or pod["metadata"]["name"]
    stamped = [(seconds(stamp), said) for stamp, _, said in (line.partition(" ") for line in text.splitlines())]
    # of a log that is gone the kubelet says so as if it were the log, without a time
    return [LogLine(component, at, said) for at, said in stamped if at is not None]
