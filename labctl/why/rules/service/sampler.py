"""A sampler that leaves traces out: all or nearly all of them, or a share on purpose."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.numbers import percent
from labctl.why import service_variables as variables
from labctl.why.facts import Facts

LOOKS_AT: Final = "what share of the traces the service's sampler keeps (OTEL_TRACES_SAMPLER)"
_NAME: Final = "OTEL_TRACES_SAMPLER"
_ARGUMENT: Final = "OTEL_TRACES_SAMPLER_ARG"
_FEW: Final = 0.01                      # below that share nobody samples a lab on purpose


def find(facts: Facts) -> Iterator[Finding]:
    sampler = variables.value(facts, _NAME)
    share = _share(facts, sampler)
    if share is None or share >= 1:
        return
    parent = sampler.startswith("parentbased")
    of = "the requests that carry no trace context" if parent else "the requests"
    changed = [name for name in (_NAME, _ARGUMENT) if variables.changed(facts, name)]
    wrong = bool(changed) or (share < _FEW and not parent)
    name = changed[0] if changed else _NAME
    yield Finding(
        "sampler", Kind.CAUSE if wrong else Kind.NOTICE, "service",
        f"the service's sampler {sampler} keeps {_words(share)} of {of}", _evidence(facts),
        variables.remedy(facts, name) if wrong else "", leads_to=frozenset({Symptom.NO_SPANS}),
        against="the canary's trace arrived" if facts.canary and facts.canary.whole else "",
    )


def _share(facts: Facts, sampler: str) -> float | None:
    if sampler.endswith("always_off"):
        return 0.0
    if not sampler.endswith("traceidratio"):
        return None
    try:
        return float(variables.value(facts, _ARGUMENT))
    except ValueError:
        return None


def _words(share: float) -> str:
    return "none" if not share else percent(share, 1)


def _evidence(facts: Facts) -> tuple[Evidence, ...]:
    return variables.evidence(facts, _NAME, _ARGUMENT)
