"""Limits of the service that refuse good requests: the size of a batch, the time to send one."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import Finding, Kind, Symptom
from labctl.why import service_variables as variables
from labctl.why.facts import Facts

LOOKS_AT: Final = "the service's limits for requests (MAX_BATCH_SIZE, RECEIVE_TIMEOUT_MS)"
_MEANING: Final = {
    "MAX_BATCH_SIZE": ("the service takes only {} rows in a batch, and refuses larger ones", 8.0),
    "RECEIVE_TIMEOUT_MS": ("the service gives a client only {} ms to send a request", 1000.0),
}


def find(facts: Facts) -> Iterator[Finding]:
    for name, (meaning, least) in _MEANING.items():
        text = variables.value(facts, name)
        if variables.is_set(facts, name) and text.isdecimal() and float(text) < least:
            wrong = variables.changed(facts, name)
            yield Finding(
                "request-limit", Kind.CAUSE if wrong else Kind.NOTICE, "service", meaning.format(text),
                variables.evidence(facts, name), variables.remedy(facts, name) if wrong else "",
                leads_to=frozenset({Symptom.REQUESTS_FAIL}),
            )
