"""A component is throttled at its CPU limit, or close to its memory limit."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import Certainty, Evidence, Symptom
from labctl.model import Usage
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.rules.found import TEMPLATE, Field, Found, cause, manifest_of, notice
from labctl.targets.kubernetes.snapshot import Observed, Workload, container

LOOKS_AT: Final = "CPU and memory of each component over the last second, against its limits"
THROTTLED: Final = 0.5                  # share of the scheduler's periods, from which on most requests are held up
BUSY: Final = 0.8                       # of the CPU limit
NEAR: Final = 0.9                       # of the memory limit
MIB: Final = 1 << 20
_MORE: Final = {
    "service": frozenset({Symptom.SLOW, Symptom.SPANS_DROPPED}),
    "collector": frozenset({Symptom.COLLECTOR_REFUSES, Symptom.COLLECTOR_DROPS, Symptom.TRACES_MISSING}),
    "viewer": frozenset({Symptom.COLLECTOR_EXPORT_FAILS, Symptom.TRACES_MISSING}),
}


def find(snapshot: Observed) -> Iterator[Found]:
    for workload in snapshot.workloads():
        usage = snapshot.usage.get(workload.component)
        if usage and workload.pod:
            yield from _throttled(workload, workload.pod, usage)
            yield from _memory(workload, usage)


def _throttled(workload: Workload, pod: Object, usage: Usage) -> Iterator[Found]:
    if usage.throttled is None or usage.cpu is None or usage.cpu_limit is None:
        return
    if usage.throttled < THROTTLED or usage.cpu < BUSY * usage.cpu_limit:
        return
    component, limit = workload.component, _limit(pod, "cpu")
    message = f"{component}: its CPU limit of {limit} throttles it in {usage.throttled:.0%} of the last second"
    figures = f"{usage.cpu:.2f} cores of {usage.cpu_limit:g}, throttled in {usage.throttled:.0%} of the scheduler's periods"
    evidence = [Evidence(f"cgroup of pod {pod['metadata']['name']}", figures), _set_by(workload)]
    remedy = f"labctl up --set {component}.limits.cpu={_more(usage.cpu_limit)}"
    leads_to = _MORE.get(component, frozenset())
    likely = Certainty.LIKELY
    finding = cause("cpu-throttled", component, message, evidence, remedy, leads_to=leads_to, certainty=likely, final=False)
    yield Found(finding, (_field(workload, "limits.cpu"),))


def _memory(workload: Workload, usage: Usage) -> Iterator[Found]:
    if usage.memory is None or usage.memory_limit is None or usage.memory < NEAR * usage.memory_limit:
        return
    component = workload.component
    message = f"{component}: close to its memory limit: {usage.memory / MIB:.0f} MiB of {usage.memory_limit / MIB:.0f}"
    remedy = f"labctl up --set {component}.limits.memory={usage.memory_limit * 2 / MIB:.0f}Mi"
    leads_to = _MORE.get(component, frozenset())
    finding = notice("memory-near-limit", component, message, [_set_by(workload)], remedy, leads_to=leads_to)
    yield Found(finding, (_field(workload, "limits.memory"),))


def _set_by(workload: Workload) -> Evidence:
    limits = container(workload.deployment["spec"]["template"]).get("resources", {}).get("limits", {})
    return Evidence(f"Deployment {workload.name}", f"limits {limits}, as {manifest_of(workload.component)} and --set say")


def _limit(pod: Object, name: str) -> str:
    return str(container(pod).get("resources", {}).get("limits", {}).get(name))


def _more(cores: float) -> str:
    """Twice as much, in Kubernetes' notation."""
    return f"{cores * 2:g}" if cores * 2 >= 1 else f"{cores * 2000:.0f}m"


def _field(workload: Workload, name: str) -> Field:
    own = container(workload.deployment["spec"]["template"])["name"]
    return Field("Deployment", workload.name, f"{TEMPLATE}.spec.containers[{own}].resources.{name}")
