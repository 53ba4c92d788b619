"""The CPU limit throttles a component."""

from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.findings import Certainty, Evidence, Finding, Kind, Symptom
from labctl.why import service_variables as variables
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether a CPU limit throttles a component"
_MUCH: Final = 0.25                     # share of the scheduler's periods


def find(facts: Facts) -> Iterator[Finding]:
    for name, component in facts.observation.components.items():
        used = component.usage
        if used is None or used.throttled is None or used.throttled < _MUCH or not used.cpu_limit:
            continue
        cpu = variables.value(facts, "MODEL_WORK") == "cpu" and name == "service"
        work = variables.evidence(facts, "MODEL_WORK") if cpu else ()
        yield Finding(
            "throttled", Kind.CAUSE, name,
            f"the {name} is throttled: its CPU limit of {numbers.cores(used.cpu_limit)} cores is too low",
            (Evidence("its cgroup", f"throttled in {numbers.percent(used.throttled, 1)} of the last seconds' periods"), *work),
            f"labctl up --set {name}.limits.cpu={max(1, round(used.cpu_limit * 2 + 0.49))}",
            leads_to=frozenset({Symptom.SLOW}), certainty=Certainty.CERTAIN,
        )
