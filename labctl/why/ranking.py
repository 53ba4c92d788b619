"""Ranks the findings: causes first, the most certain and most far-reaching on top, each with the symptoms that follow from it.

Subtle: several rules may find the same thing, the neutral ones and a target's; of the findings with one rule's name and component
only one is left, with the evidence of all. A cause that is a mere symptom of another (`Finding.symptom`) is shown under that one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from labctl.findings import Certainty, Finding, Kind, Symptom, consequences

_PLACE: Final = {symptom: place for place, symptom in enumerate(Symptom)}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A finding, and the symptoms that follow from it."""

    finding: Finding
    symptoms: Sequence[Finding] = ()

    def as_json(self) -> dict[str, Any]:
        return {**self.finding.as_json(), "symptoms": [one.as_json() for one in self.symptoms]}


def rank(findings: Iterable[Finding]) -> list[Ranked]:
    """Causes with their symptoms, then symptoms without a cause, then notices.

    What a notice explains is not wrong, unless that is no more than possible: a busy machine must not hide a slow service.
    """
    found = _promoted(_merged(findings))
    causes = [one for one in found if one.kind is Kind.CAUSE]
    under = {one: above for one in causes if (above := _above(one, causes))}
    symptoms = [one for one in found if one.kind is Kind.SYMPTOM or one in under]
    notices = [one for one in found if one.kind is Kind.NOTICE]
    top = [Ranked(one, _explained(one, symptoms)) for one in causes if one not in under]
    top.sort(key=lambda one: (-one.finding.certainty, _place(one.finding), -len(one.symptoms)))
    told = [Ranked(one, _explained(one, _left(symptoms, top)) if one.certainty > Certainty.POSSIBLE else ()) for one in notices]
    return [*top, *(Ranked(one) for one in _left(symptoms, [*top, *told])), *told]


def _merged(findings: Iterable[Finding]) -> list[Finding]:
    found: dict[tuple[str, str, Kind], Finding] = {}
    for one in findings:
        key = one.rule, one.component, one.kind
        before = found.get(key)
        if before is None:
            found[key] = one
            continue
        first = before if before.certainty >= one.certainty else one
        evidence = tuple(dict.fromkeys((*before.evidence, *one.evidence)))
        found[key] = replace(first, evidence=evidence, leads_to=before.leads_to | one.leads_to)
    return list(found.values())


def _promoted(found: list[Finding]) -> list[Finding]:
    """Suspects become causes where they lead to a symptom that no cause explains."""
    explained = frozenset().union(*(consequences(one) for one in found if one.kind is Kind.CAUSE))
    left = {one.symptom for one in found if one.kind is Kind.SYMPTOM} - explained

    def guilty(one: Finding) -> bool:
        return one.kind is Kind.NOTICE and one.suspect and not left.isdisjoint(consequences(one))

    return [replace(one, kind=Kind.CAUSE) if guilty(one) else one for one in found]


def _above(one: Finding, causes: Iterable[Finding]) -> Finding | None:
    """The cause of which `one` is no more than a symptom."""
    if one.symptom is None:
        return None
    others = (other for other in causes if other is not one and other.symptom is not one.symptom)
    return next((other for other in others if one.symptom in consequences(other)), None)


def _explained(finding: Finding, symptoms: Iterable[Finding]) -> list[Finding]:
    leads_to = consequences(finding)
    return [one for one in symptoms if one.symptom in leads_to and one is not finding]


def _left(symptoms: Iterable[Finding], explained_by: Iterable[Ranked]) -> list[Finding]:
    explained = {id(symptom) for ranked in explained_by for symptom in ranked.symptoms}
    return [one for one in symptoms if id(one) not in explained]


def _place(cause: Finding) -> int:
    """Where in the pipeline its first consequence is."""
    return min((_PLACE[symptom] for symptom in consequences(cause)), default=len(_PLACE))
