"""The cluster's own rules, each its own file: `LOOKS_AT` says what it looks at, `find` yields what it finds in a snapshot.

Subtle: a difference from the manifests is evidence of the finding that explains its field, whose remedy then is to apply them
again; only one that nothing explains is a finding of its own.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

from labctl.findings import Certainty, Evidence, Finding, Kind
from labctl.targets.kubernetes.rules import (
    addresses,
    autoscaler,
    changes,
    configuration,
    deployments,
    grafana_sources,
    memory,
    nodes,
    policies,
    services,
    strays,
    stuck,
    throttling,
)
from labctl.targets.kubernetes.rules.changes import Drift
from labctl.targets.kubernetes.rules.found import UP, Found
from labctl.targets.kubernetes.rules.pods import admission, exits, images, probes, references, scheduling, waiting
from labctl.targets.kubernetes.snapshot import Observed, not_ready_since, was_ready

T = TypeVar("T")
READINESS: Final = (stuck, deployments, admission, scheduling, waiting, references, images, exits, probes)
"""Why a component's pods do not become ready."""

OTHERS: Final = (services, strays, policies, addresses, configuration, throttling, memory, nodes, autoscaler, grafana_sources)
EXAMINED: Final = (*(rule.LOOKS_AT for rule in (*READINESS, *OTHERS)), changes.LOOKS_AT)
YOUNG_S: Final = 60.0                    # as long as a startup probe of the manifests waits


def why_not_ready(snapshot: Observed) -> list[Finding]:
    """For a rollout and the health: final ones first."""
    found = [one.finding for rule in READINESS for one in rule.find(snapshot)]
    return sorted((one for one in found if one.kind is Kind.CAUSE), key=lambda one: not one.final)


def why_not_usable(snapshot: Observed) -> list[Finding]:
    """For the health: also what is wrong with the Services."""
    return [*why_not_ready(snapshot), *(one.finding for one in services.find(snapshot))]


def findings(snapshot: Observed, failed: list[str] | None = None) -> list[Finding]:
    """A rule that meets an object it cannot read is noted in `failed`, and does not fail the others."""
    failed = [] if failed is None else failed
    found: list[Found] = []
    for rule in (*READINESS, *OTHERS):
        found += _tried(rule.LOOKS_AT, partial(rule.find, snapshot), failed)
    drifts = _tried(changes.LOOKS_AT, partial(changes.drifts, snapshot), failed)
    explained = [_with_changes(snapshot, one, [drift for drift in drifts if one.explained(drift.field)]) for one in found]
    rest = [drift for drift in drifts if not any(one.explained(drift.field) for one in found)]
    broken = {one.component for one in explained if one.kind is Kind.CAUSE}
    return [*explained, *changes.findings(snapshot, rest, broken)]


def _tried(what: str, find: Callable[[], Iterable[T]], failed: list[str]) -> list[T]:
    try:
        return list(find())
    except Exception as error:  # noqa: BLE001 - the other rules still say something
        failed.append(f"{what}: {type(error).__name__}: {error}")
        return []


def _with_changes(snapshot: Observed, found: Found, drifts: Iterable[Drift]) -> Finding:
    finding, changed = found.finding, [drift.evidence for drift in drifts]
    if changed:
        more = [one for one in finding.evidence if not any(_says(other, one) for other in changed)]
        return replace(finding, evidence=(*more, *changed), remedy=UP)
    may_pass = finding.kind is Kind.CAUSE and not finding.final and finding.certainty is Certainty.CERTAIN
    if not may_pass or not _is_starting(snapshot, finding):
        return finding
    # a pod that was ready does not begin: what is seen of it stays wrong
    served = any(one.pod and was_ready(one.pod) for one in snapshot.workloads() if one.component == finding.component)
    return replace(finding, kind=Kind.NOTICE, leads_to=frozenset() if served else finding.leads_to)


def _says(change: Evidence, other: Evidence) -> bool:
    """Whether it says the same, and also what it should be."""
    return change.source == other.source and change.text.startswith(f"{other.text} instead of ")


def _is_starting(snapshot: Observed, finding: Finding) -> bool:
    """Whether it may be only that the component's pod has just begun, or that the machine is busy for a moment."""
    pods = [one.pod for one in snapshot.workloads() if one.component == finding.component and one.pod]
    return any(snapshot.at - not_ready_since(pod) < YOUNG_S for pod in pods)
