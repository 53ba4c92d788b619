"""The symptoms of a service that does not answer, or answers a valid request with an error."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.model import State
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether the service answers /health, /ready and a prediction"
_READY: Final = 200


def find(facts: Facts) -> Iterator[Finding]:
    service, component = facts.service, facts.component("service")
    evidence = []
    if service and service.trouble:
        evidence.append(Evidence("/health", service.trouble))
    elif service and service.ready not in {None, _READY}:
        evidence.append(Evidence("/ready", f"answered {service.ready}"))
    if component and component.health.state in {State.ABSENT, State.FAILED, State.DEGRADED} and component.health.detail:
        evidence.append(Evidence("the service's state", f"{component.health.state}: {component.health.detail}"))
    if evidence:
        yield Finding(
            "service-down", Kind.SYMPTOM, "service", "the service does not answer as it should", tuple(evidence),
            "labctl logs service", symptom=Symptom.SERVICE_DOWN,
        )
    yield from _request(facts)


def _request(facts: Facts) -> Iterator[Finding]:
    canary = facts.canary
    if canary is None or canary.answered:
        return
    if canary.timed_out and facts.service and facts.service.health is not None:
        return                          # it answers, so it is slow: that rule knows what to expect
    said = canary.said if canary.status is None else f"answered {canary.status}: {canary.said}"
    yield Finding(
        "request-failed", Kind.SYMPTOM, "service", "a valid request to /predict failed",
        (Evidence("POST /predict", said, canary.at),), "labctl logs service", symptom=Symptom.REQUESTS_FAIL,
    )
