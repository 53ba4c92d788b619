"""What differs from the manifests: evidence of a change by hand, and a finding of its own where no other rule explains it."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from labctl.findings import ADDON_EFFECTS, Certainty, Evidence, Finding, Kind, Symptom
from labctl.numbers import plural
from labctl.redaction import redacted, without_secrets
from labctl.targets.kubernetes.drift import Difference, changed_by, contradictions, surplus
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.names import APPLIED, CONFIG
from labctl.targets.kubernetes.rules.found import DOWN, TEMPLATE, UP, Field, component_of
from labctl.targets.kubernetes.snapshot import WEBHOOKS, Observed, given_settings, not_ready_since, unix, was_ready

LOOKS_AT: Final = "whether the live objects are as the manifests say, and who changed them"
STARTING_S: Final = 60.0
REPLICAS: Final = "spec.replicas"       # that there are none is a finding of its own
LONGEST: Final = 120                    # characters of a value
NOT_SHOWN: Final = ("apiVersion", "kind", "metadata.annotations")       # absent in lists, or a hash
EFFECTS: Final[Mapping[str, frozenset[Symptom]]] = {
    "service": frozenset({
        Symptom.SERVICE_DOWN, Symptom.SLOW, Symptom.NO_SPANS, Symptom.SPANS_DROPPED, Symptom.SERVICE_EXPORT_FAILS,
    }),
    "collector": frozenset({
        Symptom.COLLECTOR_DOWN, Symptom.COLLECTOR_REFUSES, Symptom.COLLECTOR_DROPS, Symptom.COLLECTOR_EXPORT_FAILS,
    }),
    "viewer": frozenset({Symptom.VIEWER_DOWN, Symptom.VIEWER_REFUSES}),
    **ADDON_EFFECTS,
}
"""What a change of a component's objects can lead to."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One field of a live object that is not as the manifests say."""

    field: Field
    component: str
    evidence: Evidence
    by_hand: bool                       # else the manifests or settings are newer than what runs


def drifts(snapshot: Observed) -> list[Drift]:
    return [drift for item in snapshot.desired if snapshot.queried(item["kind"]) for drift in _of(snapshot, item)]


def _of(snapshot: Observed, wanted: Object) -> Iterator[Drift]:
    kind, name = wanted["kind"], wanted["metadata"]["name"]
    if kind == "Secret":                # its content is not read; where it is missing, the pod that needs it says so
        return
    live = snapshot.get(kind, name)
    if live is None:
        evidence = Evidence(f"{kind} {name}", "missing: it was deleted")
        yield Drift(Field(kind, name), component_of(wanted), evidence, by_hand=True)
        return
    as_applied = live["metadata"].get("annotations", {}).get(APPLIED) == wanted["metadata"]["annotations"][APPLIED]
    given = tuple(f".env[{name}]{part}" for name in given_settings(live) or () for part in ("", ".value"))
    for difference in _outermost([*contradictions(wanted, live), *surplus(wanted, live)]):
        if not difference.field.startswith(NOT_SHOWN) and not difference.field.endswith(f".{CONFIG}"):
            by_hand = as_applied or changed_by(live, difference.field) is not None
            if not by_hand and difference.field.endswith(given):
                continue                # a user chose it for the last `up`
            evidence = _evidence(kind, name, difference, live)
            yield Drift(Field(kind, name, difference.field), component_of(wanted), evidence, by_hand)


def _outermost(found: Sequence[Difference]) -> Iterator[Difference]:
    """Without those inside another one, which shows them already."""
    for one in found:
        if not any(one.field.startswith((f"{other.field}.", f"{other.field}[")) for other in found):
            yield one


def _evidence(kind: str, name: str, difference: Difference, live: Object) -> Evidence:
    change = changed_by(live, difference.field)
    who = f", changed by {change.manager}" if change else ""
    wanted, value = _short(difference.wanted, difference.live), _short(difference.live, difference.wanted)
    text = f"{difference.field}: {value} instead of {wanted}{who}"
    return Evidence(f"{kind} {name}", text, unix(change.at) if change else None)


def _short(value: Any, other: Any) -> str:
    """Of a long text the first line that the other has not."""
    if value is None:
        return "absent"
    if isinstance(value, dict) and "value" in value:            # an environment variable
        return next(iter(without_secrets({value.get("name", ""): str(value["value"])}).values()))
    text = redacted(value if isinstance(value, str) else json.dumps(value))
    if isinstance(value, str) and "\n" in value and isinstance(other, str):
        lines = set(other.splitlines())
        text = next((line.strip() for line in value.splitlines() if line not in lines), "a part of it less")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def findings(snapshot: Observed, unexplained: Iterable[Drift], broken: Collection[str] = ()) -> Iterator[Finding]:
    """One for each component: of what was changed by hand, and of what the project says otherwise by now.

    `broken`: the components for which another rule knows a cause.
    """
    by_component: dict[tuple[str, bool], list[Drift]] = defaultdict(list)
    for drift in unexplained:
        by_component[drift.component, drift.by_hand].append(drift)
    for (component, by_hand), unordered in by_component.items():
        found = sorted(unordered, key=_weight)
        finding = _finding(component, found) if by_hand else _newer(component, found, _asked(snapshot))
        if _has_served(snapshot, component, found):
            finding = replace(finding, leads_to=finding.leads_to - DOWN.get(component, frozenset()))
        failing = component not in broken and _is_failing(snapshot, component)
        yield replace(finding, kind=Kind.CAUSE) if failing else finding


def _has_served(snapshot: Observed, component: str, found: Iterable[Drift]) -> bool:
    """Whether its pod has been ready with what was changed in its template: that does not keep it down now."""
    pod = next((one.pod for one in snapshot.workloads() if one.component == component), None)
    return pod is not None and was_ready(pod) and all(drift.field.path.startswith(TEMPLATE) for drift in found)


def _weight(drift: Drift) -> int:
    """What is done before the container begins comes first, then what else pods are made of."""
    above = (f"{TEMPLATE}.spec.initContainers", f"{TEMPLATE}.spec", TEMPLATE)
    return next((place for place, path in enumerate(above) if drift.field.path.startswith(path)), len(above))


def _finding(component: str, found: list[Drift]) -> Finding:
    return _suspect("changed-by-hand", component, f"{component}: not as the manifests say: {_first(found)}", found)


def _asked(snapshot: Observed) -> Iterator[Evidence]:
    """The admission webhooks that a Deployment's change needs: without their answer `up` cannot apply it."""
    for kind in WEBHOOKS:
        for item in snapshot.items(kind):
            if any(_needed(one) for one in item.get("webhooks") or ()):
                yield Evidence(f"{kind} {item['metadata']['name']}", "asked before a Deployment changes; failurePolicy Fail")


def _needed(webhook: Object) -> bool:
    resources = {resource for rule in webhook.get("rules") or () for resource in rule.get("resources") or ()}
    return webhook.get("failurePolicy", "Fail") == "Fail" and not resources.isdisjoint({"deployments", "*", "*/*"})


def _newer(component: str, found: list[Drift], asked: Iterable[Evidence]) -> Finding:
    message = f"{component}: it does not run as the project and its settings say now: {_first(found)}"
    finding = _suspect("not-applied-yet", component, message, found)
    return replace(finding, evidence=(*finding.evidence, *asked))


def _first(found: list[Drift]) -> str:
    """`Deployment ai-lab-2-2-paid, containers[service].image`, and how many more."""
    field = found[0].field
    where = field.path.removeprefix(f"{TEMPLATE}.spec.") or "missing"
    more = f" and {plural(len(found) - 1, 'field')} more" if len(found) > 1 else ""
    return f"{field.kind} {field.name}, {where}{more}"


def _suspect(rule: str, component: str, message: str, found: list[Drift]) -> Finding:
    """The cause where a symptom is seen that nothing else explains; more pods of the service explain none."""
    scaled = component == "service" and all(drift.field.path == REPLICAS for drift in found)
    effects = EFFECTS.get(component, frozenset().union(*EFFECTS.values()))
    return Finding(rule, Kind.NOTICE, component, message, tuple(drift.evidence for drift in found), UP,
                   leads_to=effects, certainty=Certainty.LIKELY, final=False, suspect=not scaled)


def _is_failing(snapshot: Observed, component: str) -> bool:
    """Whether the component is not ready, and not only because its pod has just begun."""
    for workload in snapshot.workloads():
        if workload.component == component and not workload.is_complete:
            return workload.pod is None or snapshot.at - not_ready_since(workload.pod) > STARTING_S
    return False
