"""The current health of each component in the cluster, with the same rules as the diagnosis."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from labctl.components import BY_NAME
from labctl.findings import Finding
from labctl.model import Health, State
from labctl.targets.kubernetes import gather, rules
from labctl.targets.kubernetes.drift import changed_by_hand
from labctl.targets.kubernetes.kube import Kube, Object, path
from labctl.targets.kubernetes.names import LabNames
from labctl.targets.kubernetes.rules import strays
from labctl.targets.kubernetes.rules.found import UP
from labctl.targets.kubernetes.snapshot import Observed, Published, Workload, container

UNUSABLE: Final = frozenset({
    "scaled-to-zero", "service-missing", "service-selects-nothing", "service-port-wrong", "node-port-missing",
})
"""Rules of what is missing so that a component cannot be used, even if its pod is ready."""


def component_health(kube: Kube, names: LabNames, published: Mapping[str, Published]) -> list[Health]:
    """`published` has the lab's published ports, by endpoint."""
    snapshot = gather.of_workloads(kube, names)
    more = {kind: kube.items(kind, names.namespace) for kind in ("Service", "EndpointSlice", "ReplicaSet")}
    namespace = kube.get(path("Namespace", name=names.namespace))
    more["Namespace"] = [namespace] if namespace else []
    snapshot = replace(snapshot, objects={**snapshot.objects, **more}, published=published)
    astray = strays.with_traffic(snapshot)
    return [_with_strays(health(component.name, snapshot), astray) for component in snapshot.components]


def traffic_elsewhere(kube: Kube, names: LabNames) -> list[str]:
    """What gets traffic of the lab's Services and is not the lab's, each with the line that removes it."""
    objects = {kind: kube.items(kind, names.namespace) for kind in ("Pod", "Service", "EndpointSlice", "ReplicaSet")}
    return [f"{one.message}: {one.remedy}" for one in strays.with_traffic(Observed(names, time.time(), objects))]


def _with_strays(seen: Health, astray: Iterable[Finding]) -> Health:
    """Where traffic goes elsewhere than to its pods, it is not all right, even if they are ready."""
    finding = next((one for one in astray if one.component == seen.name), None)
    if finding is None or seen.state is not State.READY:
        return seen
    return replace(seen, state=State.DEGRADED, detail=finding.message.removeprefix(f"{seen.name}: "), hint=finding.remedy)


def health(component: str, snapshot: Observed) -> Health:
    workload = next((one for one in snapshot.workloads() if one.component == component), None)
    if workload is None:
        return Health(component, State.ABSENT, hint=UP)
    state, finding = _judge(workload, snapshot)
    detail, hint = _words(workload, state, finding)
    urls = {port.name: snapshot.published[port.name].url for port in BY_NAME[component].ports if port.name in snapshot.published}
    run = _run(workload.pod) if workload.pod else {}
    return Health(component, state, detail, urls, hint=hint, **run)


def _judge(workload: Workload, snapshot: Observed) -> tuple[State, Finding | None]:
    own = [one for one in rules.why_not_usable(snapshot) if one.component == workload.component]
    if missing := next((one for one in own if one.rule in UNUSABLE), None):
        return State.DEGRADED, missing
    if workload.is_complete:
        return State.READY, None
    finding = next(iter(own), None)
    if finding is None or not finding.final:
        return State.STARTING, finding
    serves = workload.deployment.get("status", {}).get("availableReplicas", 0) > 0
    return State.DEGRADED if serves else State.FAILED, finding


def _words(workload: Workload, state: State, finding: Finding | None) -> tuple[str, str]:
    """The detail and the hint."""
    if finding is None:
        return ("" if state is State.READY or workload.pod else "no pod yet"), ""
    if finding.rule in UNUSABLE:
        return finding.message.removeprefix(f"{finding.component}: "), UP
    by_hand = changed_by_hand(workload.deployment)
    seen = f": {finding.evidence[0].text}" if finding.evidence else ""
    detail = f"{finding.message}{seen}" + ("; its Deployment was changed by hand" if by_hand else "")
    if state is State.STARTING:
        return detail, ""
    older = "an older pod serves; the new one: " if state is State.DEGRADED else ""
    return older + detail, UP if by_hand else finding.remedy


def _started(pod: Object) -> float:
    return datetime.fromisoformat(pod["status"].get("startTime") or pod["metadata"]["creationTimestamp"]).timestamp()


def _run(pod: Object) -> dict[str, Any]:
    """The pod, its image, how often its containers were restarted, and the reason of the last restart."""
    statuses: list[dict[str, Any]] = pod["status"].get("containerStatuses") or []
    ended = next((s["lastState"]["terminated"] for s in statuses if s.get("lastState", {}).get("terminated")), None)
    return {
        "started": _started(pod), "pod": pod["metadata"]["name"], "image": container(pod)["image"],
        "restarts": sum(status.get("restartCount", 0) for status in statuses),
        "reason": f"{ended.get('reason', 'ended')}, exit code {ended.get('exitCode')}" if ended else "",
    }
