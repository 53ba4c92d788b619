"""CPU, memory and throttling of each component against its limits, from the kubelet through the API server: there need be no
metrics-server.

Subtle: the kubelet measures every ten seconds or so. Its summary says what was used lately; how often a container was held back
is a counter, so its share is that since an earlier look, or since the container's start.
Formats: the kubelet's /stats/summary, and cAdvisor's Prometheus text
(https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labctl.model import Usage
from labctl.targets.kubernetes.kube import Kube, Object
from labctl.targets.kubernetes.names import DEPLOYMENTS, LabNames
from labctl.targets.kubernetes.workload import diagnosis

SAMPLE = re.compile(r"^(container_\w+)\{([^}]*)\} (\S+)")
LABEL = re.compile(r'(\w+)="([^"]*)"')
PERIODS = "container_cpu_cfs_periods_total"
THROTTLED = "container_cpu_cfs_throttled_periods_total"
SIZES = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}


@dataclass(frozen=True, slots=True)
class Sample:
    summary: Mapping[str, tuple[float | None, int | None]]      # pod → cores, bytes
    counters: Mapping[tuple[str, str], float]                   # (metric, pod)


def samples(kube: Kube, names: LabNames, node: str) -> Iterator[list[Usage]]:
    """One look after another; throttling is that between the last two that the kubelet measured."""
    before, last = None, None
    while True:
        now = take_sample(kube, names.namespace, node)
        if last and now.counters != last.counters:
            before = last
        last = now
        yield usages(kube, names, now, before)


def take_sample(kube: Kube, namespace: str, node: str) -> Sample:
    kubelet = f"api/v1/nodes/{node}/proxy"
    summary = json.loads(kube.text(f"{kubelet}/stats/summary"))
    counters = kube.text(f"{kubelet}/metrics/cadvisor").splitlines()
    return Sample(summarised(summary, namespace), counted(counters, namespace))


def summarised(summary: Mapping[str, Any], namespace: str) -> dict[str, tuple[float | None, int | None]]:
    found = {}
    for pod in summary["pods"]:
        if pod["podRef"]["namespace"] == namespace:
            containers = pod.get("containers", ())
            cores = [nano for one in containers if (nano := one.get("cpu", {}).get("usageNanoCores")) is not None]
            sizes = [size for one in containers if (size := one.get("memory", {}).get("workingSetBytes")) is not None]
            found[pod["podRef"]["name"]] = (sum(cores) / 1e9 if cores else None, sum(sizes) if sizes else None)
    return found


def counted(lines: Iterable[str], namespace: str) -> dict[tuple[str, str], float]:
    """The throttling counters of containers of that namespace, added up for each pod."""
    found: dict[tuple[str, str], float] = {}
    for line in lines:
        match = SAMPLE.match(line) if line.startswith((PERIODS, THROTTLED)) else None
        labels = dict(LABEL.findall(match[2])) if match else {}
        if match and labels.get("namespace") == namespace and labels.get("container"):
            key = match[1], labels["pod"]
            found[key] = found.get(key, 0.0) + float(match[3])
    return found


def usages(kube: Kube, names: LabNames, now: Sample, before: Sample | None = None) -> list[Usage]:
    """What each component uses, the throttled share since `before` where there is one."""
    deployments = {item["metadata"]["name"]: item for item in kube.items("Deployment", names.namespace)}
    pods = kube.items("Pod", names.namespace)
    newest = {c: diagnosis.newest_pod(deployments[name], pods) for c, name in DEPLOYMENTS.items() if name in deployments}
    return [_usage(component, pod, now, before) for component, pod in newest.items() if pod]


def _usage(component: str, pod: Object, now: Sample, before: Sample | None) -> Usage:
    name = pod["metadata"]["name"]
    limits = pod["spec"]["containers"][0].get("resources", {}).get("limits", {})
    cores, size = now.summary.get(name, (None, None))
    return Usage(
        component, cores, quantity(limits.get("cpu")), size, quantity(limits.get("memory")), _throttled(name, now, before),
    )


def _throttled(pod: str, now: Sample, before: Sample | None) -> float | None:
    def grown(metric: str) -> float:
        return now.counters.get((metric, pod), 0.0) - (before.counters.get((metric, pod), 0.0) if before else 0.0)

    return grown(THROTTLED) / grown(PERIODS) if grown(PERIODS) > 0 else None


def quantity(text: str | None) -> float | None:
    """Cores of `500m`, bytes of `256Mi`."""
    if text is None:
        return None
    if text.endswith("m"):
        return float(text[:-1]) / 1000
    return float(text[:-2]) * SIZES[text[-2:]] if text[-2:] in SIZES else float(text)
