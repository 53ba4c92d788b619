"""The symptom: a request took much longer than the service's settings make it take."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from labctl import numbers
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.viewer_client.blame import blame
from labctl.why import service_variables as variables
from labctl.why.facts import Facts, SentCanary
from labctl.why.rules.machine.busy import is_busy

LOOKS_AT: Final = "how long a request takes, and which of its steps takes it"


@dataclass(frozen=True, slots=True)
class Slack:
    """How much longer than expected a request may take."""

    factor: float
    ms: float


_IDLE: Final = Slack(1.5, 100.0)
_BUSY: Final = Slack(2.0, 250.0)


def find(facts: Facts) -> Iterator[Finding]:
    canary, expected = facts.canary, expected_ms(facts)
    if canary is None or expected is None or not _is_slow(facts, canary, expected):
        return
    # of a part of the trace nothing is said: what took the time may be on its way
    where = (Evidence(f"trace {canary.trace_id}", blame(canary.trace), canary.at),) if canary.trace and canary.whole else ()
    latency = variables.value(facts, "DEFAULT_LATENCY_MS")
    ms = numbers.milliseconds(canary.ms)
    took = f"took {ms}" if canary.answered else f"got no answer within {ms}"
    yield Finding(
        "slow", Kind.SYMPTOM, "service",
        f"a request {took}; with DEFAULT_LATENCY_MS={latency} it should take about {numbers.milliseconds(expected)}",
        (Evidence("POST /predict", took, canary.at), *where), "labctl trace slowest", symptom=Symptom.SLOW,
    )


def _is_slow(facts: Facts, canary: SentCanary, expected_ms: float) -> bool:
    if canary.answered:
        slack = _BUSY if facts.machine is None or is_busy(facts.machine) else _IDLE
        return canary.ms > expected_ms * slack.factor + slack.ms
    # one that takes longer than the diagnosis has time is not followed
    return canary.timed_out and facts.service is not None and facts.service.health is not None and canary.ms > expected_ms


def took_long(facts: Facts) -> bool:
    """Whether it took longer than on an idle machine, so that a busy one is a reason why that is not called slow."""
    expected = expected_ms(facts)
    return facts.canary is None or expected is None or facts.canary.ms > expected * _IDLE.factor + _IDLE.ms


def expected_ms(facts: Facts) -> float | None:
    """At most, without a slow step; None where the settings are unknown."""
    try:
        latency, jitter = float(variables.value(facts, "DEFAULT_LATENCY_MS")), variables.value(facts, "LATENCY_JITTER")
        share = float(jitter.removesuffix("%")) / (100 if jitter.endswith("%") else 1)
    except ValueError:
        return None
    return latency * (1 + share)
