"""The symptom that the collector's receivers count: they refuse what they are sent."""

from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.why.facts import Facts

LOOKS_AT: Final = "what the collector's receivers refuse, and what its processors lose"


def find(facts: Facts) -> Iterator[Finding]:
    collector = facts.collector
    refused = collector.grown("receiver_refused_spans") + collector.grown("receiver_failed_spans") if collector else 0
    if refused:
        yield Finding(
            "collector-refuses", Kind.SYMPTOM, "collector", "the collector refuses spans",
            (Evidence("the collector's own metrics", f"{numbers.plural(int(refused), 'span')} refused in the last seconds"),),
            "labctl logs collector", symptom=Symptom.COLLECTOR_REFUSES,
        )
