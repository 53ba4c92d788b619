"""What changed between two runs, and whether it is more than noise.

How a figure is compared is in telemetry/statistics/change.py. Subtle: other load on the machine shows first in the tail, and the
generator's own lateness measures it: three wake-ups (generator, server, generator) are in every latency, so a p99 has to change
by more than three times the p99 of that lateness.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from labctl import numbers
from labctl.load.measure.summary import Slice, Summary
from labctl.telemetry.statistics import change
from labctl.telemetry.statistics.change import Change, FigurePair

_NOTICED_MS: Final = 1.0
TOO_SHORT: Final = f"{change.UNKNOWN}: make both runs longer (-n or --duration)"
_UNLIKE_P99: Final = "the runs are too different in length or rate to compare p99: give both the same -n and --rps"


@dataclass(frozen=True, slots=True)
class Comparison:
    changes: Sequence[Change]
    notes: Sequence[str]                # how the two runs' plans differ, and what makes the comparison uncertain

    @property
    def worse(self) -> Sequence[Change]:
        return [one for one in self.changes if one.worse]

    def complaint(self) -> str:
        """What got worse."""
        return ", ".join(one.words() for one in self.worse)

    def as_json(self) -> dict[str, Any]:
        changes = {one.figure: one.as_json() for one in self.changes}
        return {"verdict": self.verdict(), "worse": bool(self.worse), "changes": changes, "notes": list(self.notes)}

    def verdict(self) -> str:
        """`no difference`, `p50 slower, errors more`, or that the runs are too short."""
        found = [one.words() for one in self.changes if one.verdict not in change.NOTHING]
        if not found and all(one.verdict in {change.UNKNOWN, change.UNLIKE} for one in self.changes[:-1]):
            return TOO_SHORT
        return ", ".join(found) or change.SAME


def compare(before: Summary, after: Summary, tolerance: float) -> Comparison:
    """`tolerance` is a share of what each figure was before: 0.05 lets 5 % pass."""
    p50, p99 = _times("p50", before, after), _times("p99", before, after)
    unlike = change.are_tails_unlike(*([one.successful for one in _answered(run)] for run in (before, after)))
    changes = [
        change.of_times(p50, tolerance),
        Change.unknown("p99", p99.before, p99.after, change.UNLIKE) if unlike
        else change.of_times(p99, tolerance, noise(before, after)),
        change.of_planned_rates(_rates(before, after), (before.target_rate, after.target_rate), tolerance),
        change.of_errors(before.measured, after.measured, tolerance),
    ]
    return Comparison(changes, [*_notes(before, after), *((_UNLIKE_P99,) if unlike else ())])


def noise(before: Summary, after: Summary) -> float:
    """By how many milliseconds a p99 can differ because of other load on the machine."""
    return 3 * max(run.generator.late_p99_ms if run.generator else 0.0 for run in (before, after))


def _times(figure: str, before: Summary, after: Summary) -> FigurePair:
    early, late = (run.latency.figure(figure) for run in (before, after))
    slices = ([float(getattr(one, f"{figure}_ms")) for one in _answered(run)] for run in (before, after))
    return FigurePair(figure, early, late, (next(slices), next(slices)))


def _rates(before: Summary, after: Summary) -> FigurePair:
    """Of every slice in which requests were due, except the last, which is rarely a whole one.

    A slice without an answer counts half an answer, so that its rate has a logarithm.
    """
    slices = ([max(one.answered, 0.5) / _width(run) for one in _due(run)[:-1]] for run in (before, after))
    return FigurePair("rate", before.rate, after.rate, (next(slices), next(slices)))


def _slices(run: Summary) -> Sequence[Slice]:
    return run.timeline.slices if run.timeline else ()


def _due(run: Summary) -> Sequence[Slice]:
    slices = _slices(run)
    return slices[:max((place for place, one in enumerate(slices, 1) if one.planned), default=0)]


def _answered(run: Summary) -> Sequence[Slice]:
    return [one for one in _slices(run) if one.successful]


def _width(run: Summary) -> float:
    return run.timeline.slice_s if run.timeline else 1.0


def _notes(before: Summary, after: Summary) -> Iterator[str]:
    pairs = (
        ("planned rate", *(numbers.rate(run.target_rate) if run.target_rate else "none" for run in (before, after))),
        ("workers", str(before.concurrency), str(after.concurrency)), ("address", before.url, after.url),
    )
    for name, early, late in pairs:
        if early != late:
            yield f"the runs differ in their {name}: {early} and {late}"
    if noise(before, after) > _NOTICED_MS:
        least = numbers.milliseconds(noise(before, after))
        yield f"the machine was busy: a difference of the p99 below {least} counts as noise"
    if before.interrupted or after.interrupted:
        yield "at least one of the runs was interrupted"
