"""CPU, memory and throttling of each component, and its limits, from the kubelet through the API server, without a
metrics-server.

Subtle: the kubelet samples about every ten seconds, so its counters are current only once they have changed. A target that can
read a container's cgroup itself passes a function for that, and then a second is enough.
Formats: the kubelet's /stats/summary, and cAdvisor's Prometheus text
(https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md).
"""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from labctl.model import Usage
from labctl.quantity import quantity
from labctl.targets.kubernetes.kube import Kube, Object
from labctl.targets.kubernetes.names import DEPLOYMENTS, LabNames
from labctl.targets.kubernetes.snapshot import container, is_ready, newest_pod, own_pods

SAMPLE = re.compile(r"^(container_\w+)\{([^}]*)\} (\S+)")
LABEL = re.compile(r'(\w+)="([^"]*)"')
PERIODS = "container_cpu_cfs_periods_total"
THROTTLED = "container_cpu_cfs_throttled_periods_total"
FIRST_S = 1.0                           # how long the first sample takes: shares are computed between two samples
Summary = Mapping[str, tuple[float | None, int | None]]
"""By pod: the cores that it used recently, and its bytes of memory."""


@dataclass(frozen=True, slots=True)
class Counters:
    """CPU counters of a pod's containers since their start."""

    periods: float = 0.0                # CFS periods in which they ran
    throttled: float = 0.0              # CFS periods in which they were throttled
    cpu_s: float | None = None          # None: unknown


Read = Callable[[], Mapping[str, Counters]]
"""Returns the counters of all pods, by uid; empty where it cannot."""


@dataclass(frozen=True, slots=True)
class UsageSample:
    at: float                           # of the monotonic clock
    summary: Summary
    counters: Mapping[str, Counters]


@dataclass(frozen=True, slots=True)
class FirstReading:
    at: float                           # of the monotonic clock
    counters: Mapping[str, Counters]    # by the pod's uid


class Sampler:
    def __init__(self, kube: Kube, names: LabNames, node: str, read: Read | None = None) -> None:
        self._kube, self._names, self._read = kube, names, read
        self._kubelet = f"api/v1/nodes/{node}/proxy"
        self._ready: Mapping[str, int] = {}         # pods of each component, at the last look

    def samples(self) -> Iterator[list[Usage]]:
        """One sample after another. Values that need two readings are None until the counters have changed."""
        before = self._take(self._newest())
        time.sleep(FIRST_S)
        last = before
        while True:
            pods = self._newest()
            now = self._take(pods)
            if last.counters != now.counters:
                before = last
            last = now
            yield [replace(usage(component, pod, now, before), pods=self._ready[component]) for component, pod in pods.items()]

    def first(self) -> FirstReading:
        """Begin a measurement of pods that need not be known yet."""
        return FirstReading(time.monotonic(), self._read() if self._read else {})

    def since(self, first: FirstReading, pods: Mapping[str, Object]) -> dict[str, Usage]:
        """Of these pods, by component, over about a second since the first reading."""
        time.sleep(max(0.0, first.at + FIRST_S - time.monotonic()))
        before, now = UsageSample(first.at, {}, of_pods(first.counters, pods)), self._take(pods)
        return {component: usage(component, pod, now, before) for component, pod in pods.items()}

    def _newest(self) -> dict[str, Object]:
        deployments = {item["metadata"]["name"]: item for item in self._kube.items("Deployment", self._names.namespace)}
        pods = self._kube.items("Pod", self._names.namespace)
        found = {c: newest_pod(deployments[name], pods) for c, name in DEPLOYMENTS.items() if name in deployments}
        self._ready = {c: sum(map(is_ready, own_pods(deployments[DEPLOYMENTS[c]], pods))) for c in found}
        return {component: pod for component, pod in found.items() if pod}

    def _take(self, pods: Mapping[str, Object]) -> UsageSample:
        summary = summarised(json.loads(self._kube.text(f"{self._kubelet}/stats/summary")), self._names.namespace)
        return UsageSample(time.monotonic(), summary, self._counters(pods))

    def _counters(self, pods: Mapping[str, Object]) -> Mapping[str, Counters]:
        counters = of_pods(self._read(), pods) if self._read else {}
        return counters or counted(self._kube.text(f"{self._kubelet}/metrics/cadvisor").splitlines(), self._names.namespace)


def of_pods(counters: Mapping[str, Counters], pods: Mapping[str, Object]) -> dict[str, Counters]:
    """By the pod's name."""
    metas = [pod["metadata"] for pod in pods.values()]
    return {meta["name"]: counters[meta["uid"]] for meta in metas if meta["uid"] in counters}


def summarised(summary: Mapping[str, Any], namespace: str) -> dict[str, tuple[float | None, int | None]]:
    found = {}
    for pod in summary["pods"]:
        if pod["podRef"]["namespace"] == namespace:
            containers = pod.get("containers", ())
            cores = [nano for one in containers if (nano := one.get("cpu", {}).get("usageNanoCores")) is not None]
            sizes = [size for one in containers if (size := one.get("memory", {}).get("workingSetBytes")) is not None]
            found[pod["podRef"]["name"]] = (sum(cores) / 1e9 if cores else None, sum(sizes) if sizes else None)
    return found


def counted(lines: Iterable[str], namespace: str) -> dict[str, Counters]:
    """The throttling counters of the namespace's containers, added up for each pod."""
    found: dict[str, dict[str, float]] = {}
    for line in lines:
        match = SAMPLE.match(line) if line.startswith((PERIODS, THROTTLED)) else None
        labels = dict(LABEL.findall(match[2])) if match else {}
        if match and labels.get("namespace") == namespace and labels.get("container"):
            of_pod = found.setdefault(labels["pod"], {})
            of_pod[match[1]] = of_pod.get(match[1], 0.0) + float(match[3])
    return {pod: Counters(of_pod.get(PERIODS, 0.0), of_pod.get(THROTTLED, 0.0)) for pod, of_pod in found.items()}


def usage(component: str, pod: Object, now: UsageSample, before: UsageSample) -> Usage:
    """A component's usage since `before` where both samples have counters, else the kubelet's recent rate."""
    name = pod["metadata"]["name"]
    limits = container(pod).get("resources", {}).get("limits", {})
    cores, size = now.summary.get(name, (None, None))
    new, old = now.counters.get(name), before.counters.get(name)
    if new and old and new.cpu_s is not None and old.cpu_s is not None and now.at > before.at:
        cores = (new.cpu_s - old.cpu_s) / (now.at - before.at)
    return Usage(component, cores, quantity(limits.get("cpu")), size, quantity(limits.get("memory")), _throttled(new, old))


def _throttled(new: Counters | None, old: Counters | None) -> float | None:
    """The share of CFS periods in which it was throttled; 0 when it did not run at all."""
    if new is None or old is None or new == old:
        return None if new is None or old is None or new.cpu_s is None else 0.0
    periods = new.periods - old.periods
    return min(1.0, (new.throttled - old.throttled) / periods) if periods > 0 else 0.0
