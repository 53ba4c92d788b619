"""`--find-max`: the highest rate at which a target still meets its thresholds, found by short runs at one rate after another.

Subtle: a threshold on latency alone would accept a rate at which a queue has only begun to grow. So a rate holds only when the
thresholds are met and the answers kept pace with the requests.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from math import sqrt
from typing import Any, ClassVar, Final

from labctl import numbers
from labctl.errors import LabError, Missed
from labctl.load.generator import session
from labctl.load.judge import early_stop
from labctl.load.judge.rate_search import highest_rate
from labctl.load.judge.verdicts import FAILED_SHARE, judge
from labctl.load.measure.summary import ANSWERED, Snapshot, Summary
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.plan.thresholds import Threshold
from labctl.redaction import redacted_url

TRIAL_S: Final = 5.0
_CLOSED_LOOP_S: Final = 2.0
_BELOW: Final = 0.9                     # of a closed loop's rate: where the search begins
_PACE: Final = 0.97                     # share of the due requests that has to be answered in the same time
_SETTLED: Final = (0.25, 0.75)          # of a run's length: the earliest and the latest point at which it counts as settled


@dataclass(frozen=True, slots=True)
class Trial:
    """A short run at a rate, and whether that rate held."""

    rps: float
    achieved: float                     # answers per second
    p50_ms: float | None
    p99_ms: float | None
    errors: float                       # as a share
    held: bool
    why: str                            # what was not met, or ""
    workers: int
    waited: bool                        # most requests found every worker busy


@dataclass(frozen=True, slots=True)
class Capacity:
    KIND: ClassVar = "Capacity"          # of its JSON

    url: str
    best: Trial | None                  # None: no rate held
    curve: Sequence[Trial]              # by rising rate
    interrupted: bool = False

    @classmethod
    def of(cls, url: str, trials: Sequence[Trial], *, interrupted: bool = False) -> "Capacity":
        """From the trials in their order; of a rate that was tried twice the second trial counts."""
        last = {trial.rps: trial for trial in trials}
        curve = [last[rps] for rps in sorted(last)]
        return cls(redacted_url(url), next((one for one in reversed(curve) if one.held), None), curve, interrupted)

    def short(self) -> bool:
        """Whether a higher rate failed because the number of workers was at its maximum."""
        best = self.best.rps if self.best else 0.0
        beyond = next((trial for trial in self.curve if trial.rps > best), None)
        return beyond is not None and beyond.waited and len({trial.workers for trial in self.curve}) == 1

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def check(self) -> None:
        """Raises Missed when no rate held."""
        if self.best is None:
            least = self.curve[0]
            raise Missed(f"not even {numbers.rate(least.rps)} holds", detail=least.why)


_FUZZ: Final = 1e-6                     # of a slice
RunLoad = Callable[[LoadPlan, Callable[[Snapshot], None]], Summary]


def find_capacity(
    plan: LoadPlan, thresholds: Sequence[Threshold], tell: Callable[[Trial], None], run: RunLoad = session.run, workers: int = 0,
) -> Capacity:
    """Runs of `plan.duration_s` each; `tell` is called with every trial. Raises KeyboardInterrupt when one was interrupted.

    After a trial in which most requests found every worker busy, the number of workers doubles, up to `workers`.
    """
    trials: list[Trial] = []

    def holds(rps: float) -> bool:
        given = trials[-1].workers if trials else plan.concurrency
        if trials and trials[-1].waited:
            given = max(min(2 * given, workers), given)
        trials.append(_try(replace(plan, rps=rps, requests=None, concurrency=given), thresholds, run))
        tell(trials[-1])
        return trials[-1].held

    highest_rate(holds, _closed(plan, run) * _BELOW)
    return Capacity.of(plan.url, trials)


def _closed(plan: LoadPlan, run: RunLoad) -> float:
    """The rate of successful answers in a closed loop."""
    summary = run(replace(plan, rps=None, requests=None, duration_s=_CLOSED_LOOP_S, warmup_s=0.0), lambda _: None)
    _unless_interrupted(summary)
    if not summary.successful:
        kinds = ", ".join(f"{count} {kind}" for kind, count in summary.errors.items())
        raise LabError("--find-max cannot begin: no request succeeded", detail=kinds, hint="labctl load -n 10")
    return summary.successful / summary.duration_s


def _try(plan: LoadPlan, thresholds: Sequence[Threshold], run: RunLoad) -> Trial:
    broken: list[Threshold] = []

    def watch(snapshot: Snapshot) -> None:
        if threshold := early_stop.broken(thresholds, snapshot):
            broken.append(threshold)
            raise session.StopEarly

    summary = run(plan, watch)
    if not broken:
        _unless_interrupted(summary)
    return _trial(plan, summary, next((f"{threshold.text()} broken" for threshold in broken), _missed(plan, thresholds, summary)))


def _trial(plan: LoadPlan, summary: Summary, why: str) -> Trial:
    failed, finished = summary.measured
    return Trial(
        plan.rps or 0.0, summary.rate, summary.latency.figure("p50"), summary.latency.figure("p99"),
        failed / finished if finished else 0.0, not why, why, plan.concurrency, summary.queued > summary.sent / 2,
    )


def _missed(plan: LoadPlan, thresholds: Sequence[Threshold], summary: Summary) -> str:
    """What was not met; "" when all was."""
    for judged in judge(thresholds, summary):
        if not judged.met:
            return f"{judged.threshold}: {judged.found}"
    if summary.dropped:
        return f"{numbers.plural(summary.dropped, 'request')} never sent"
    failed, finished = summary.measured
    if failed > finished * FAILED_SHARE and not any(threshold.figure == "errors" for threshold in thresholds):
        return f"{numbers.percent(failed, finished)} failed"
    due, growth = _growth(plan, summary)
    if not due:
        return f"runs of {plan.duration_s:g} s are too short for answers of {numbers.milliseconds(summary.service_time.p99)}"
    on_their_way = (plan.rps or 0.0) * summary.service_time.mean / 1e3
    by_chance = sqrt(on_their_way) + (plan.burst if plan.burst > 1 else 0)
    if growth <= (1 - _PACE) * due + by_chance:
        return ""
    return f"answers fell behind, by {numbers.count(growth)} of {numbers.plural(due, 'request')}"


def _growth(plan: LoadPlan, summary: Summary) -> tuple[int, int]:
    """How many requests were due between the run's settling and its end, and by how many they exceed the answers in that time.

    How long an answer takes does not matter once the first have come: while the number in flight stays the same, the answers
    keep pace. (0, 0) where a run is too short to settle.
    """
    if summary.timeline is None or plan.duration_s is None:
        return 0, 0
    measured_s, width = plan.duration_s - plan.warmup_s, summary.timeline.slice_s
    earliest, latest = (share * measured_s for share in _SETTLED)
    settled_s = max(earliest, summary.service_time.p99 / 1e3)
    if settled_s > latest:
        return 0, 0
    late = [
        one for one in summary.timeline.slices
        if plan.warmup_s + settled_s <= one.start_s and one.start_s + width <= plan.duration_s + width * _FUZZ
    ]
    due = sum(one.planned for one in late)
    unanswered = sum(number for one in late for kind, number in one.errors.items() if not kind.startswith(ANSWERED))
    return due, due - sum(one.answered for one in late) - unanswered


def _unless_interrupted(summary: Summary) -> None:
    if summary.interrupted:
        raise KeyboardInterrupt
