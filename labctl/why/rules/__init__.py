"""The rules, each its own file with one idea: `LOOKS_AT` says what it looks at, `find` yields what it finds.

They are pure functions of the facts; none looks at what another has found.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from labctl.findings import Finding
from labctl.why.facts import Facts
from labctl.why.rules import addons, collector, latency, machine, metrics_arrive, pipeline, security, service, viewer

Find = Callable[[Facts], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    looks_at: str                       # for the list of what was looked at
    find: Find


_WINGS: Final = (
    service.MODULES, collector.MODULES, viewer.MODULES, addons.MODULES, security.MODULES, latency.MODULES, machine.MODULES,
)
RULES: Final = tuple(Rule(module.LOOKS_AT, module.find) for wing in ((pipeline, metrics_arrive), *_WINGS) for module in wing)
