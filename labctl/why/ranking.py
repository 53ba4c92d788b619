"""Ranks the findings: causes first, the most certain and most far-reaching on top, each with the symptoms that follow from it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from labctl.findings import Finding, Kind, consequences


@dataclass(frozen=True, slots=True)
class Ranked:
    """A finding, and the symptoms that follow from it."""

    finding: Finding
    symptoms: Sequence[Finding] = ()

    def as_json(self) -> dict[str, Any]:
        return {**self.finding.as_json(), "symptoms": [one.as_json() for one in self.symptoms]}


def rank(findings: Iterable[Finding]) -> list[Ranked]:
    """Causes with their symptoms, then symptoms without a cause, then notices."""
    found = list(findings)
    symptoms = [one for one in found if one.kind is Kind.SYMPTOM]
    causes = [Ranked(one, _explained(one, symptoms)) for one in found if one.kind is Kind.CAUSE]
    causes.sort(key=lambda one: (-one.finding.certainty, -len(one.symptoms)))
    explained = {id(symptom) for cause in causes for symptom in cause.symptoms}
    unexplained = [Ranked(one) for one in symptoms if id(one) not in explained]
    return [*causes, *unexplained, *(Ranked(one) for one in found if one.kind is Kind.NOTICE)]


def _explained(cause: Finding, symptoms: Iterable[Finding]) -> list[Finding]:
    leads_to = consequences(cause)
    return [one for one in symptoms if one.symptom in leads_to]
