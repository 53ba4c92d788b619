"""The use case of `labctl why`: gather, let every rule look, rank."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from labctl.config import Config
from labctl.findings import Finding, Kind
from labctl.targets import require_target
from labctl.why.facts import Facts
from labctl.why.gather.gather import gather
from labctl.why.ranking import Ranked, rank
from labctl.why.rules import RULES


@dataclass(frozen=True, slots=True)
class Diagnosis:
    ranked: Sequence[Ranked]
    examined: Sequence[str]             # what was looked at
    failed: Sequence[str]               # what could not be looked at, and why

    @property
    def causes(self) -> Sequence[Finding]:
        return [one.finding for one in self.ranked if one.finding.kind is Kind.CAUSE]

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong, as far as could be looked."""
        return all(one.finding.kind is Kind.NOTICE for one in self.ranked)

    def as_json(self) -> dict[str, Any]:
        return {
            "healthy": self.healthy, "findings": [one.as_json() for one in self.ranked], "examined": list(self.examined),
            "failed": list(self.failed),
        }


def diagnose(config: Config) -> Diagnosis:
    """Raises LabError when no lab is up."""
    return judge(gather(config, require_target(config.spec())))


def judge(facts: Facts) -> Diagnosis:
    found = [*facts.observation.findings, *_found(facts)]
    return Diagnosis(rank(found), [*facts.observation.examined, *(rule.looks_at for rule in RULES)], facts.failed)


def _found(facts: Facts) -> Iterable[Finding]:
    for rule in RULES:
        yield from rule.find(facts)
