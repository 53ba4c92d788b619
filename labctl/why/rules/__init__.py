"""The rules, each its own file with one idea: `LOOKS_AT` says what it looks at, `find` yields what it finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from labctl.findings import Finding
from labctl.why.facts import Facts
from labctl.why.rules import pipeline

Find = Callable[[Facts], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    looks_at: str                       # for the list of what was looked at
    find: Find


RULES: Final = tuple(Rule(module.LOOKS_AT, module.find) for module in (pipeline,))
