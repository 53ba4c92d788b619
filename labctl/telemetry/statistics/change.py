"""What changed in a figure from one run to another, and whether it is more than noise.

Subtle: requests are not independent samples, since requests of the same moment wait for the same thing; a test over single
requests finds a difference between any two runs. So each slice of a run gives one p50, one p99 and one rate, and those are
compared: times by their ranks, rates by their means. A significant difference below the tolerance counts as none, since no two
runs on a machine are quite alike.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import exp, log
from statistics import median
from typing import Any, Final

from labctl.telemetry.statistics.confidence import at_least
from labctl.telemetry.statistics.rank_test import Shift, shift
from labctl.telemetry.statistics.welch import ratio

CONFIDENCE: Final = 0.99                # for each of four figures: 1 of 25 pairs of equal runs differs by chance
SAME, UNKNOWN, UNLIKE, PLANNED = "no difference", "too short to tell", "not comparable", "as planned"
_P99: Final = 0.99
_UNLIKE_TAILS: Final = 1.5              # ratio of the tails' shares above which the two p99 do not mean the same
NOTHING: Final = frozenset({SAME, UNKNOWN, UNLIKE, PLANNED})    # verdicts without a change


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
    typical: float | None = None        # the estimate that `low` and `high` belong to: the change from slice to slice
    generator: float | None = None      # where that alone can be the cause: what the generator's lateness adds, as `before`

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def words(self) -> str:
        return f"{self.figure} {self.verdict}"

    @classmethod
    def unknown(cls, figure: str, before: float | None, after: float | None, verdict: str = UNKNOWN) -> "Change":
        return cls(figure, before, after, None, None, None, verdict, worse=False)


@dataclass(frozen=True, slots=True)
class FigurePair:
    """A figure of both runs: as a whole, and by slice."""

    figure: str
    before: float | None
    after: float | None
    slices: tuple[Sequence[float], Sequence[float]]


def of_times(pair: FigurePair, tolerance: float, least: float = 0.0) -> Change:
    """`tolerance` is a share of what the figure was before; `least` is by how much it has to differ, in its own unit."""
    before, after = ([log(value) for value in values if value > 0] for values in pair.slices)
    return _changed(pair, shift(before, after, CONFIDENCE), tolerance, ("slower", "faster"), least)


def of_rates(pair: FigurePair, tolerance: float) -> Change:
    return _changed(pair, ratio(*pair.slices, CONFIDENCE), tolerance, ("higher", "lower"))


def of_planned_rates(pair: FigurePair, plans: tuple[float | None, float | None], tolerance: float) -> Change:
    """Where the planned rates differ, of the shares of the plans that were reached: a plan is no result."""
    early, late = plans
    if not (early and late) or early == late:
        return of_rates(pair, tolerance)
    before, after = (None if rate is None else rate / plan for rate, plan in ((pair.before, early), (pair.after, late)))
    slices = [rate / early for rate in pair.slices[0]], [rate / late for rate in pair.slices[1]]
    found = replace(
        of_rates(FigurePair(pair.figure, before, after, slices), tolerance), before=pair.before, after=pair.after,
        before_share=before, after_share=after,
    )
    kept = min(before or 0.0, after or 0.0) >= 1 - tolerance
    return replace(found, verdict=PLANNED, worse=False) if kept else found


def are_tails_unlike(before: Sequence[int], after: Sequence[int]) -> bool:
    """Of the numbers of samples in each run's slices: whether a p99 of one does not mean what a p99 of the other does."""
    shorter, longer = sorted(_tail(median(samples or [1])) for samples in (before, after))
    return longer > _UNLIKE_TAILS * shorter


def _tail(samples: float) -> float:
    """The share of requests beyond a slice's p99: of few samples more than a hundredth, since the p99 is itself one of them.

    The k-th of n samples lies at k/(n + 1) on average, and ⌈0.99 n⌉ is half a step above 0.99 n on average, but never above n.
    """
    return 1 - min(_P99 * samples + 0.5, samples) / (samples + 1)


def _changed(pair: FigurePair, found: Shift | None, tolerance: float, words: tuple[str, str], least: float = 0.0) -> Change:
    if found is None or pair.before is None or pair.after is None:
        return Change.unknown(pair.figure, pair.before, pair.after)
    change, low, high = (exp(value) - 1 for value in (found.estimate, found.low, found.high))
    whole = pair.after / pair.before - 1 if pair.before else 0.0
    if change * whole < 0:                              # slices and whole run changed in opposite directions: not significant
        return Change(pair.figure, pair.before, pair.after, whole, None, None, SAME, worse=False)
    noticed = found.sure and abs(change) > tolerance
    late = noticed and abs(change) * pair.before <= least
    verdict = (words[0] if change > 0 else words[1]) if noticed and not late else SAME
    return Change(pair.figure, pair.before, pair.after, whole, low, high, verdict, worse=verdict in {"slower", "lower"},
                  typical=change, generator=least if late else None)


def of_errors(before: tuple[int, int], after: tuple[int, int], tolerance: float) -> Change:
    """Of (failed, all) requests. J. Przyborowski's and H. Wilenski's test (1940): is this split of the errors likely if both runs
    have one error rate?
    """
    (failed, of), (failed_after, of_after) = before, after
    if not (of and of_after):
        return Change.unknown("errors", None, None)
    early, late = 100 * failed / of, 100 * failed_after / of_after
    errors, part = failed + failed_after, of_after / (of + of_after)
    chance = (1 - CONFIDENCE) / 2
    more = at_least(failed_after, errors, part) < chance and late > early * (1 + tolerance)
    fewer = at_least(failed, errors, 1 - part) < chance and late < early * (1 - tolerance)
    verdict = "more" if more else "fewer" if fewer else SAME
    return Change("errors", early, late, late - early, None, None, verdict, worse=more)
