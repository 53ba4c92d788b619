"""The use case of `labctl why`: gather, let every rule look, rank."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from labctl import numbers
from labctl.config import Config
from labctl.findings import Finding, Kind, Symptom, consequences
from labctl.targets import require_target
from labctl.why.facts import Facts
from labctl.why.gather.gather import WHOLE_S, gather
from labctl.why.ranking import Ranked, rank
from labctl.why.rules import RULES
from labctl.why.rules.latency.slow import expected_ms, took_long
from labctl.why.rules.machine import busy

_NO_TIME_MS: Final = 1500.0             # a request that takes as long leaves none for its trace


@dataclass(frozen=True, slots=True)
class Diagnosis:
    ranked: Sequence[Ranked]
    examined: Sequence[str]             # what was looked at
    failed: Sequence[str]               # what could not be looked at, and why
    seen: str = ""                      # what became of the request that was followed, in a few words
    complete: bool = True               # whether the components and the request could be looked at
    component: str = ""                 # the only one that was asked for; "": all

    @property
    def causes(self) -> Sequence[Finding]:
        return [one.finding for one in self.ranked if one.finding.kind is Kind.CAUSE]

    @property
    def well(self) -> bool:
        """Whether nothing wrong was found."""
        return all(one.finding.kind is Kind.NOTICE for one in self.ranked)

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong: found by looking, so False where the components or the request could not be looked at."""
        return self.well and self.complete

    def of(self, component: str) -> "Diagnosis":
        """Only the findings about one component."""
        ranked = [one for one in self.ranked if component in {one.finding.component, *(s.component for s in one.symptoms)}]
        return replace(self, ranked=ranked, component=component)

    def as_json(self) -> dict[str, Any]:
        return {
            "healthy": self.healthy, "findings": [one.as_json() for one in self.ranked], "examined": list(self.examined),
            "failed": list(self.failed),
        }


def diagnose(config: Config, *, within_s: float = WHOLE_S) -> Diagnosis:
    """Raises LabError when no lab is up."""
    return judge(gather(config, require_target(config.spec()), within_s))


def judge(facts: Facts) -> Diagnosis:
    ranked, complete = rank([*facts.observation.findings, *_found(facts)]), _complete(facts)
    examined = [*facts.observation.examined, *(rule.looks_at for rule in RULES)]
    unseen = [f"the canary's trace: {facts.canary.unseen}"] if facts.canary and facts.canary.unseen else []
    failed = [*facts.failed, *unseen, *facts.observation.failed]
    late = bool(failed) or not complete or took_long(facts)
    return Diagnosis(_bearing(ranked, late=late), examined, failed, _seen(facts), complete=complete)


def _bearing(ranked: Sequence[Ranked], *, late: bool) -> list[Ranked]:
    """Without a busy machine where that has no part in the answer: nothing is slow, late or without a cause."""
    shown = [symptom for one in ranked for symptom in (one.finding, *one.symptoms) if symptom.kind is not Kind.NOTICE]
    open_ones = any(one.finding.kind is Kind.SYMPTOM for one in ranked)
    matters = late or open_ones or any(Symptom.SLOW in {one.symptom, *consequences(one)} for one in shown)
    return [one for one in ranked if matters or one.finding.rule != busy.BUSY]


def _complete(facts: Facts) -> bool:
    """Also where a request takes so long, by the service's settings, that there is no time to wait for its trace."""
    canary, expected = facts.canary, expected_ms(facts) or 0.0
    if canary is None or not facts.observation.components:
        return False
    late = canary.hasty or canary.timed_out
    return not (canary.unseen or late) or (late and canary.ms <= expected and expected >= _NO_TIME_MS)


def _found(facts: Facts) -> Iterable[Finding]:
    for rule in RULES:
        yield from rule.find(facts)


def _seen(facts: Facts) -> str:
    canary = facts.canary
    if canary is None or not canary.answered:
        within = f": none was answered within {numbers.milliseconds(canary.ms)}" if canary and canary.timed_out else ""
        return f"no request could be followed{within}"
    if not canary.whole:
        doubt = ", and whether its spans arrived is unknown" if canary.unseen else ""
        return f"a request was answered in {numbers.milliseconds(canary.ms)}{doubt}"
    spans = numbers.plural(len(canary.spans), "span")
    return f"a request was answered in {numbers.milliseconds(canary.ms)}, and its {spans} arrived in the viewer"
