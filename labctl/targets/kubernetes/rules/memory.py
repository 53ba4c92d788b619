"""A component is close to its memory limit."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from labctl.findings import Certainty, Kind, Symptom
from labctl.model import Usage
from labctl.targets.kubernetes.rules.found import Found, limit_set_by, notice, resources_field
from labctl.targets.kubernetes.snapshot import Observed, Workload

LOOKS_AT: Final = "the memory of each component, against its limit"
NEAR: Final = 0.9                       # of the memory limit
STRUGGLES: Final = 0.5                  # share of the time in which it is throttled besides: it is busy freeing memory
MIB: Final = 1 << 20
_MORE: Final = {
    "service": frozenset({Symptom.SLOW, Symptom.SPANS_DROPPED}),
    "collector": frozenset({
        Symptom.SERVICE_EXPORT_FAILS, Symptom.COLLECTOR_REFUSES, Symptom.COLLECTOR_DROPS, Symptom.TRACES_MISSING,
    }),
    "viewer": frozenset({Symptom.COLLECTOR_EXPORT_FAILS, Symptom.TRACES_MISSING}),
}


def find(snapshot: Observed) -> Iterator[Found]:
    for workload in snapshot.workloads():
        usage = snapshot.usage.get(workload.component)
        if usage and workload.pod:
            yield from _memory(snapshot, workload, usage)


def _memory(snapshot: Observed, workload: Workload, usage: Usage) -> Iterator[Found]:
    if usage.memory is None or usage.memory_limit is None or not is_near(usage):
        return
    component = workload.component
    message = f"{component}: close to its memory limit: {usage.memory / MIB:.0f} MiB of {usage.memory_limit / MIB:.0f}"
    remedy = f"labctl up --set {component}.limits.memory={usage.memory_limit * 2 / MIB:.0f}Mi"
    leads_to = _MORE.get(component, frozenset())
    evidence = [limit_set_by(snapshot, workload, "memory")]
    finding = notice("memory-near-limit", component, message, evidence, remedy, leads_to=leads_to, suspect=True)
    if (usage.throttled or 0.0) >= STRUGGLES:
        finding = replace(finding, kind=Kind.CAUSE, certainty=Certainty.LIKELY)
    yield Found(finding, (resources_field(workload),))


def is_near(usage: Usage) -> bool:
    return usage.memory is not None and usage.memory_limit is not None and usage.memory >= NEAR * usage.memory_limit
