"""The symptom that all others lead to: the canary's trace did not arrive whole, and at which hop it was last seen."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.why.facts import Facts

LOOKS_AT: Final = "one request, followed through service, collector and viewer"

_SYMPTOMS: Final = {"service": Symptom.REQUESTS_FAIL}


def find(facts: Facts) -> Iterator[Finding]:
    if facts.canary is None or (broken := facts.canary.broken) is None:
        return
    yield Finding(
        "canary-lost", Kind.SYMPTOM, "lab", f"a request's trace did not arrive whole: {broken.hop}",
        (Evidence("canary", broken.seen, facts.at),), broken.hint, symptom=_SYMPTOMS.get(broken.hop, Symptom.TRACES_MISSING),
    )
