"""The service uses a whole core: its event loop, one thread, has no time left."""

from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.findings import Certainty, Evidence, Finding, Kind, Symptom
from labctl.why import service_variables as variables
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether the service uses a whole core"
_WHOLE: Final = 0.9


def find(facts: Facts) -> Iterator[Finding]:
    component = facts.component("service")
    used = component.usage.cpu if component and component.usage else None
    if used is not None and used >= _WHOLE:
        cpu = variables.value(facts, "MODEL_WORK") == "cpu"
        yield Finding(
            "saturated", Kind.NOTICE, "service", f"the service uses {numbers.cores(used)} cores: "
            + ("MODEL_WORK=cpu keeps a core busy" if cpu else "its event loop is saturated"),
            (Evidence("process table", f"{numbers.cores(used)} cores over the last second"),
             *(variables.evidence(facts, "MODEL_WORK") if cpu else ())),
            leads_to=frozenset({Symptom.SLOW}), certainty=Certainty.LIKELY,
        )
