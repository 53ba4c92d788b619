"""The symptom that others lead to: the canary's trace did not arrive whole, and what of it did."""

from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.model import TRACE
from labctl.why.facts import Facts, SentCanary

LOOKS_AT: Final = "one request, followed through service, collector and viewer"


def find(facts: Facts) -> Iterator[Finding]:
    canary = facts.canary
    if canary is None or not canary.answered or canary.unseen or canary.whole:
        return
    seen = f"{_arrived(canary)} within {numbers.seconds(canary.waited_s)}"
    refused = (Evidence("the client span", canary.refused, canary.at),) if canary.refused else ()
    yield Finding(
        "trace-missing", Kind.SYMPTOM, "lab", "the trace of a request did not arrive whole",
        (Evidence(f"trace {canary.trace_id}", seen, canary.at), *refused), symptom=Symptom.TRACES_MISSING,
    )


def _arrived(canary: SentCanary) -> str:
    arrived = len(canary.service_spans)
    if not canary.spans:
        return "no span arrived"
    client = "the client span" if canary.client_span_arrived else "no client span"
    if not arrived:
        return f"{client} arrived, none of the service's {len(TRACE)}"
    missing = f", missing: {', '.join(canary.missing)}" if canary.missing else ""
    return f"{client} and {arrived} of the service's {len(TRACE)} spans arrived{missing}"
