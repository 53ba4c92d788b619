"""What changed between two runs, and whether it is more than noise.

Subtle: requests are not independent samples, since requests of the same moment wait for the same thing; a test over single
requests finds a difference between any two runs. So each slice of a run's timeline gives one p50, one p99 and one rate, and
those are compared: times by their ranks, rates by their means. A significant difference below the tolerance counts as none,
since no two runs on a machine are quite alike. Other load on the machine shows first in the tail, and the generator's own
lateness measures it: three wake-ups (generator, server, generator) are in every latency, so a p99 has to change by more than
three times the p99 of that lateness. Where the planned rates differ, the shares of the plans that were reached are compared: a
plan is no result.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from math import exp, log
from statistics import median
from typing import Any, Final

from labctl import numbers
from labctl.load.measure.summary import Slice, Summary
from labctl.load.statistics.confidence import at_least
from labctl.load.statistics.rank_test import Shift, shift
from labctl.load.statistics.welch import ratio

_CONFIDENCE: Final = 0.99               # for each of four figures: 1 of 25 pairs of equal runs differs by chance
_SAME, _UNKNOWN, _UNLIKE, _PLANNED = "no difference", "too short to tell", "not comparable", "as planned"
NOTHING: Final = frozenset({_SAME, _UNKNOWN, _UNLIKE, _PLANNED})  # verdicts without a change
_P99: Final = 0.99
_UNLIKE_TAILS: Final = 1.5              # ratio of the tails' shares above which the two p99 do not mean the same
_NOTICED_MS: Final = 1.0
TOO_SHORT: Final = f"{_UNKNOWN}: make both runs longer (-n or --duration)"
_UNLIKE_P99: Final = "the runs are too different in length or rate to compare p99: give both the same -n and --rps"


@dataclass(frozen=True, slots=True)
class Change:
    figure: str                         # p50 | p99 | rate | errors
    before: float | None                # milliseconds, per second, or a percentage
    after: float | None
    change: float | None                # as a share of before; of errors in percentage points
    low: float | None                   # the 99 % confidence interval of the change from slice to slice
    high: float | None
    verdict: str                        # slower, faster, lower, higher, more, fewer · or one of NOTHING
    worse: bool
    before_share: float | None = None   # of the planned rate; where the plans differ, `change` is of these two
    after_share: float | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def words(self) -> str:
        return f"{self.figure} {self.verdict}"

    @classmethod
    def unknown(cls, figure: str, before: float | None, after: float | None, verdict: str = _UNKNOWN) -> "Change":
        return cls(figure, before, after, None, None, None, verdict, worse=False)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A figure of both runs: as a whole, and by slice."""

    figure: str
    before: float | None
    after: float | None
    slices: tuple[Sequence[float], Sequence[float]]

    @property
    def difference(self) -> float:
        return abs((self.after or 0.0) - (self.before or 0.0))


@dataclass(frozen=True, slots=True)
class Comparison:
    changes: Sequence[Change]
    notes: Sequence[str]                # how the two runs' plans differ, and what makes the comparison uncertain

    @property
    def worse(self) -> Sequence[Change]:
        return [change for change in self.changes if change.worse]

    def complaint(self) -> str:
        """What got worse."""
        return ", ".join(one.words() for one in self.worse)

    def as_json(self) -> dict[str, Any]:
        changes = {change.figure: change.as_json() for change in self.changes}
        return {"verdict": self.verdict(), "worse": bool(self.worse), "changes": changes, "notes": list(self.notes)}

    def verdict(self) -> str:
        """`no difference`, `p50 slower, errors more`, or that the runs are too short."""
        found = [one.words() for one in self.changes if one.verdict not in NOTHING]
        if not found and all(one.verdict in {_UNKNOWN, _UNLIKE} for one in self.changes[:-1]):
            return TOO_SHORT
        return ", ".join(found) or _SAME


def compare(before: Summary, after: Summary, tolerance: float) -> Comparison:
    """`tolerance` is a share of what each figure was before: 0.05 lets 5 % pass."""
    p50, p99 = _times("p50", before, after), _times("p99", before, after)
    tails = sorted(_tail(run) for run in (before, after))
    unlike = tails[1] > _UNLIKE_TAILS * tails[0]
    changes = [
        _changed(p50, _moved(p50), tolerance, ("slower", "faster")),
        Change.unknown("p99", p99.before, p99.after, _UNLIKE) if unlike
        else _changed(p99, _moved(p99), tolerance, ("slower", "faster"), noise(before, after)),
        _rate(before, after, tolerance),
        _errors(before, after, tolerance),
    ]
    return Comparison(changes, [*_notes(before, after), *((_UNLIKE_P99,) if unlike else ())])


def _rate(before: Summary, after: Summary, tolerance: float) -> Change:
    if not (before.target_rate and after.target_rate) or before.target_rate == after.target_rate:
        rates = _rates(before, after)
        return _changed(rates, ratio(*rates.slices, _CONFIDENCE), tolerance, ("higher", "lower"))
    shares = _rates(before, after, (before.target_rate, after.target_rate))
    change = _changed(shares, ratio(*shares.slices, _CONFIDENCE), tolerance, ("higher", "lower"))
    change = replace(
        change, before=before.rate, after=after.rate, before_share=shares.before, after_share=shares.after,
    )
    kept = min(shares.before or 0.0, shares.after or 0.0) >= 1 - tolerance
    return replace(change, verdict=_PLANNED, worse=False) if kept else change


def noise(before: Summary, after: Summary) -> float:
    """By how many milliseconds a p99 can differ because of other load on the machine."""
    return 3 * max(run.generator.late_p99_ms if run.generator else 0.0 for run in (before, after))


def _times(figure: str, before: Summary, after: Summary) -> _Pair:
    early, late = (run.latency.figure(figure) for run in (before, after))
    slices = ([float(getattr(one, f"{figure}_ms")) for one in _answered(run)] for run in (before, after))
    return _Pair(figure, early, late, (next(slices), next(slices)))


def _rates(before: Summary, after: Summary, plans: tuple[float, float] = (1.0, 1.0)) -> _Pair:
    """Of every slice in which requests were due, except the last, which is rarely a whole one; each divided by its run's plan.

    A slice without an answer counts half an answer, so that its rate has a logarithm.
    """
    runs = tuple(zip((before, after), plans, strict=True))
    slices = ([max(one.answered, 0.5) / _width(run) / plan for one in _due(run)[:-1]] for run, plan in runs)
    return _Pair("rate", before.rate / plans[0], after.rate / plans[1], (next(slices), next(slices)))


def _moved(pair: _Pair) -> Shift | None:
    """The change as the logarithm of a factor."""
    before, after = ([log(value) for value in values if value > 0] for values in pair.slices)
    return shift(before, after, _CONFIDENCE)


def _changed(pair: _Pair, found: Shift | None, tolerance: float, words: tuple[str, str], least: float = 0.0) -> Change:
    """`least` is by how much the figures of the whole runs have to differ, in their own unit."""
    if found is None or pair.before is None or pair.after is None:
        return Change.unknown(pair.figure, pair.before, pair.after)
    change, low, high = (exp(value) - 1 for value in (found.estimate, found.low, found.high))
    whole = pair.after / pair.before - 1 if pair.before else 0.0
    if change * whole < 0:                              # slices and whole run changed in opposite directions: not significant
        return Change(pair.figure, pair.before, pair.after, whole, None, None, _SAME, worse=False)
    noticed = found.sure and min(abs(change), abs(whole)) > tolerance and pair.difference > least
    verdict = (words[0] if change > 0 else words[1]) if noticed else _SAME
    return Change(pair.figure, pair.before, pair.after, whole, low, high, verdict, worse=verdict in {"slower", "lower"})


def _errors(before: Summary, after: Summary, tolerance: float) -> Change:
    """J. Przyborowski's and H. Wilenski's test (1940): is this split of the errors likely if both runs have one error rate?"""
    (failed, of), (failed_after, of_after) = before.measured, after.measured
    if not (of and of_after):
        return Change.unknown("errors", None, None)
    early, late = 100 * failed / of, 100 * failed_after / of_after
    errors, part = failed + failed_after, of_after / (of + of_after)
    chance = (1 - _CONFIDENCE) / 2
    more = at_least(failed_after, errors, part) < chance and late > early * (1 + tolerance)
    fewer = at_least(failed, errors, 1 - part) < chance and late < early * (1 - tolerance)
    verdict = "more" if more else "fewer" if fewer else _SAME
    return Change("errors", early, late, late - early, None, None, verdict, worse=more)


def _slices(run: Summary) -> Sequence[Slice]:
    return run.timeline.slices if run.timeline else ()


def _due(run: Summary) -> Sequence[Slice]:
    slices = _slices(run)
    return slices[:max((place for place, one in enumerate(slices, 1) if one.planned), default=0)]


def _answered(run: Summary) -> Sequence[Slice]:
    return [one for one in _slices(run) if one.successful]


def _tail(run: Summary) -> float:
    """The share of requests beyond a slice's p99: of few samples more than a hundredth, since the p99 is itself one of them.

    The k-th of n samples lies at k/(n + 1) on average, and ⌈0.99 n⌉ is half a step above 0.99 n on average, but never above n.
    """
    samples = _samples(run)
    return 1 - min(_P99 * samples + 0.5, samples) / (samples + 1)


def _samples(run: Summary) -> float:
    return median([one.successful for one in _answered(run)] or [1])


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
