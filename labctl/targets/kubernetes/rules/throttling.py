"""A component's CPU limit throttles it."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import Evidence, Symptom
from labctl.model import Usage
from labctl.numbers import cores, percent
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.rules.found import Found, cause, limit_set_by, resources_field
from labctl.targets.kubernetes.rules.memory import is_near
from labctl.targets.kubernetes.snapshot import Observed, Workload, status_of, unix

LOOKS_AT: Final = "whether a CPU limit throttles a component"
MUCH: Final = 0.5                       # share of the scheduler's periods: every other one is cut short
BUSY: Final = 0.5                       # of its limit: a short burst is cut short too, and harms nothing
START_S: Final = 15.0
SETTLED_S: Final = 1.0                  # after it became ready: Kubernetes keeps whole seconds
_EFFECTS: Final = {
    "service": frozenset({Symptom.SLOW, Symptom.SPANS_DROPPED}),
    "collector": frozenset({Symptom.SLOW, Symptom.SERVICE_EXPORT_FAILS, Symptom.COLLECTOR_REFUSES}),
    "viewer": frozenset({Symptom.SLOW, Symptom.COLLECTOR_EXPORT_FAILS}),
}


def find(snapshot: Observed) -> Iterator[Found]:
    for workload in snapshot.workloads():
        usage = snapshot.usage.get(workload.component)
        if usage and workload.pod and _is_throttled(usage) and not is_near(usage) and not _starts(snapshot, workload.pod):
            yield _found(snapshot, workload, workload.pod, usage)


def _starts(snapshot: Observed, pod: Object) -> bool:
    """Whether its container has just begun, which takes a burst of work until it is ready."""
    status = status_of(pod)
    began = unix(status.get("state", {}).get("running", {}).get("startedAt", ""))
    if began is None:
        return True
    return snapshot.at - (_ready_since(pod) or began + START_S - SETTLED_S) < SETTLED_S


def _ready_since(pod: Object) -> float | None:
    ready = (one for one in pod.get("status", {}).get("conditions", []) if (one["type"], one["status"]) == ("Ready", "True"))
    return next((unix(one.get("lastTransitionTime", "")) for one in ready), None)


def _is_throttled(usage: Usage) -> bool:
    known = usage.throttled is not None and usage.cpu is not None and usage.cpu_limit is not None
    return known and usage.throttled >= MUCH and usage.cpu >= BUSY * usage.cpu_limit  # type: ignore[operator]


def _found(snapshot: Observed, workload: Workload, pod: Object, usage: Usage) -> Found:
    component, limit, share = workload.component, usage.cpu_limit or 0.0, percent(usage.throttled or 0.0, 1)
    message = f"{component}: throttled in {share} of the last CFS periods: it needs more than its limit of {cores(limit)} cores"
    figures = f"{cores(usage.cpu or 0.0)} cores used; throttled in {share} of CFS periods"
    evidence = [Evidence(f"cgroup of pod {pod['metadata']['name']}", figures), limit_set_by(snapshot, workload, "cpu")]
    remedy = f"labctl up --set {component}.limits.cpu={max(1, round(limit * 2 + 0.49))}"
    finding = cause("throttled", component, message, evidence, remedy, leads_to=_EFFECTS.get(component, frozenset()))
    return Found(finding, (resources_field(workload),))
