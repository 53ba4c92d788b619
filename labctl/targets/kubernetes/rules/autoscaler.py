"""The autoscaler knows no CPU use, cannot scale, or wants more pods than its maximum."""

from collections.abc import Iterator, Mapping
from typing import Final

from labctl.components import METRICS_SERVER, SERVICE
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.rules.found import UP, Found, cause, notice, seen
from labctl.targets.kubernetes.snapshot import Observed, unix

LOOKS_AT: Final = "the autoscaler: whether it knows the CPU use, and whether it is at its maximum"
KIND: Final = "HorizontalPodAutoscaler"
_MANIFEST: Final = "manifests/addons/hpa/hpa.yaml"
_YOUNG_S: Final = 60.0                 # until metrics-server has measured twice
_PASSING_S: Final = 30.0                # as long as it takes to replace metrics-server, or a pod
_AT_MOST: Final = "TooManyReplicas"     # the reason of ScalingLimited


def find(snapshot: Observed) -> Iterator[Found]:
    for item in snapshot.items(KIND):
        conditions = {one["type"]: one for one in item.get("status", {}).get("conditions") or ()}
        yield from map(Found, (*_blind(snapshot, item, conditions), *_cannot(item, conditions), *_at_most(item, conditions)))


def _blind(snapshot: Observed, item: Object, conditions: Mapping[str, Object]) -> Iterator[Finding]:
    """A symptom: metrics-server does not run, or what leads to it is missing or changed, which others find."""
    active = conditions.get("ScalingActive", {})
    if active.get("status") != "False" or snapshot.age(item) < _YOUNG_S or _since(snapshot, active) < _PASSING_S:
        return
    measuring = [pod for one in snapshot.workloads() if one.component == METRICS_SERVER.name for pod in one.pods]
    if any(snapshot.age(pod) < _YOUNG_S for pod in measuring):
        return
    yield Finding(
        "autoscaler-without-metrics", Kind.SYMPTOM, METRICS_SERVER.name,
        "the autoscaler does not know how much CPU the service uses, and leaves the number of pods as it is",
        (_said(item, active),), f"labctl describe {METRICS_SERVER.name}", symptom=Symptom.NOT_SCALED,
    )


def _cannot(item: Object, conditions: Mapping[str, Object]) -> Iterator[Finding]:
    able = conditions.get("AbleToScale", {})
    if able.get("status") == "False" and able.get("reason", "").startswith("Failed"):
        message = f"the autoscaler cannot scale the service: {able['reason']}"
        yield cause("autoscaler-cannot-scale", SERVICE.name, message, [_said(item, able)], UP, leads_to=frozenset({Symptom.SLOW}))


def _at_most(item: Object, conditions: Mapping[str, Object]) -> Iterator[Finding]:
    limited = conditions.get("ScalingLimited", {})
    if limited.get("status") == "True" and limited.get("reason") == _AT_MOST:
        most = item["spec"].get("maxReplicas")
        message = f"the autoscaler is at its maximum of {most} pods of the service, and would have more"
        yield notice(
            "autoscaler-at-maximum", SERVICE.name, message, [_said(item, limited), *_use(item)],
            f"set a higher maxReplicas in {_MANIFEST}, then: labctl up", leads_to=frozenset({Symptom.SLOW}), suspect=True,
        )


def _use(item: Object) -> Iterator[Evidence]:
    """Of each measure, what is used and what it is to be."""
    wanted = [one.get("resource", {}).get("target", {}).get("averageUtilization") for one in item["spec"].get("metrics") or ()]
    current = [one.get("resource", {}).get("current", {}).get("averageUtilization")
               for one in item.get("status", {}).get("currentMetrics") or ()]
    for target, used in zip(wanted, current, strict=False):
        if target is not None and used is not None:
            yield seen(item, f"{used} % of the CPU request used, {target} % wanted", KIND)


def _said(item: Object, condition: Object) -> Evidence:
    text = f"{condition['type']} {condition['status']}, {condition.get('reason', '')}: {condition.get('message', '')}"
    return Evidence(f"{KIND} {item['metadata']['name']}", text, unix(condition.get("lastTransitionTime", "")))


def _since(snapshot: Observed, condition: Object) -> float:
    return snapshot.at - (unix(condition.get("lastTransitionTime", "")) or 0.0)
