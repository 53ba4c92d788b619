"""Propagators without the caller's format: the service begins traces of its own instead of continuing the caller's."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import Finding, Kind, Symptom
from labctl.why import service_variables as variables
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether the service continues a caller's trace (OTEL_PROPAGATORS)"
_NAME: Final = "OTEL_PROPAGATORS"


def find(facts: Facts) -> Iterator[Finding]:
    propagators = variables.value(facts, _NAME)
    if propagators and "tracecontext" not in {part.strip() for part in propagators.split(",")}:
        yield Finding(
            "propagators", Kind.CAUSE, "service",
            f"the service does not read traceparent: its propagators are {propagators}, so its spans are in traces of their own",
            variables.evidence(facts, _NAME), variables.remedy(facts, _NAME), leads_to=frozenset({Symptom.TRACES_MISSING}),
        )
