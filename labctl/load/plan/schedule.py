"""When hits are due: pure arithmetic on an absolute clock, so that a late hit never moves the ones after it.

Every hit has a position, how many hits the rate asks for before it: 0, 1, 2, … at a constant rate, chance for Poisson
arrivals, the same for all of a burst. Its due time is where the sum of the rate reaches that position. An engine uses
`schedule(plan, start)` and its cursor's `take`, `upcoming`, `close` and `missed`; `hits` says how many there will be.

Subtle: a closed loop has no schedule of its own. There a hit is due the moment its worker is free, so a slow server slows
the load down and hides its own queue; an open schedule is what a server's users do to it.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, count, islice, repeat, takewhile
from math import ceil, expm1, inf, sqrt
from operator import truediv
from random import Random
from typing import Protocol

from labctl.load.plan.load_plan import LoadPlan, Stage

DRAIN_S = 2.0                           # a hit that was due before the end may still be sent for this long after it
_FUZZ = 1e-9                            # of a hit: what the sum of binary fractions is wrong by


class Schedule(Protocol):
    """A cursor over the hits of a run. Times are seconds on the engine's clock."""

    def take(self, now: float) -> float | None:
        """The time at which the next hit was due, and move on to the one after; None when none is due yet, or ever."""
    def upcoming(self) -> float | None:
        """When the next hit is due, if that is known and there is one."""
    def close(self) -> None:
        """Nothing is due any more."""
    def missed(self, now: float) -> Iterator[float]:
        """Once it is closed: when the hits were due that were due before `now` and not taken."""


def hits(plan: LoadPlan) -> int | None:
    """How many hits the plan is for: those due before its end, at most `requests`; None when only time bounds them."""
    within = _within(plan)
    if within is None or plan.requests is None:
        return plan.requests if within is None else within
    return min(within, plan.requests)


def length(plan: LoadPlan) -> float | None:
    """Seconds from the first due time after which nothing is due any more; None when only the number of hits ends the plan."""
    if plan.offsets:
        return plan.offsets[-1]
    return sum(stage.seconds for stage in plan.stages) if plan.stages else plan.duration_s


def rate(plan: LoadPlan) -> float | None:
    """Hits per second that are planned, on average over the plan; None: a closed loop."""
    if not (plan.stages or plan.offsets):
        return plan.rps
    seconds = span(plan)
    return (hits(plan) or 0) / seconds if seconds else 0.0


def span(plan: LoadPlan) -> float | None:
    """Seconds that the plan's hits are spread over, until when one more would be due; None when nothing says."""
    planned = hits(plan)
    if plan.offsets:
        last = plan.offsets[min(planned or 0, len(plan.offsets) - 1)]
        return last if plan.duration_s is None else min(last, plan.duration_s)
    if planned is not None and plan.stages and planned < area(plan.stages):
        return next(_along(plan.stages, iter([float(planned)])))
    if plan.stages:
        return length(plan)
    return planned / plan.rps if planned is not None and plan.rps else plan.duration_s


def schedule(plan: LoadPlan, start: float, part: tuple[int, int] = (0, 1)) -> Schedule:
    """The plan's hits, offset 0 being `start`; `part` (2, 4) is every fourth of them, from the third on."""
    first, of = part
    planned, seconds = hits(plan), length(plan)
    end = inf if seconds is None else start + seconds
    if plan.rps is None and not (plan.stages or plan.offsets):
        return ClosedLoop(planned if planned is None else len(range(first, planned, of)), end)
    return Open(islice(offsets(plan), first, None, of), start, end + DRAIN_S)


def offsets(plan: LoadPlan) -> Iterator[float]:
    """Seconds from the start at which each hit of an open plan is due; they never decrease."""
    if plan.offsets:
        return islice(plan.offsets, hits(plan))
    positions = islice(_positions(plan), hits(plan))
    return _along(plan.stages, positions) if plan.stages else map(truediv, positions, repeat(plan.rps or 1.0))


class ClosedLoop:
    """A hit is due whenever a worker asks for one, until `planned` are taken or `end` has come."""

    def __init__(self, planned: int | None, end: float) -> None:
        self.left = inf if planned is None else planned
        self.end = end

    def take(self, now: float) -> float | None:
        if self.left <= 0 or now >= self.end:
            return None
        self.left -= 1
        return now

    def upcoming(self) -> float | None:
        return None

    def close(self) -> None:
        self.left = 0

    def missed(self, now: float) -> Iterator[float]:  # noqa: ARG002 what nobody asked for was not due
        return iter(())


class Open:
    """Hits at `start` plus each of `offsets`, which never decrease; what is not taken by `cutoff` never will be."""

    def __init__(self, offsets: Iterator[float], start: float, cutoff: float) -> None:
        self._dues: Iterator[float] = map(start.__add__, offsets)
        self._cutoff = cutoff
        self._next = next(self._dues, None)
        self._left: Iterator[float] = iter(())

    def take(self, now: float) -> float | None:
        due = self._next
        if due is None or due > now:
            return None
        if now >= self._cutoff:
            self.close()
            return None
        self._next = next(self._dues, None)
        return due

    def upcoming(self) -> float | None:
        return self._next

    def close(self) -> None:
        if self._next is not None:
            self._left = chain([self._next], self._dues)
        self._next = None

    def missed(self, now: float) -> Iterator[float]:
        return takewhile(now.__gt__, self._left)


def area(stages: Sequence[Stage]) -> float:
    """How many hits the stages ask for: the rate summed up over their time."""
    return sum(_area(stage) for stage in stages)


def _positions(plan: LoadPlan) -> Iterator[float]:
    """Of every hit, those of a burst together. Endless where nothing but the rate is given."""
    if plan.arrivals != "poisson":
        batches: Iterator[float] = count(0, plan.burst)
    else:
        batches = _by_chance(hits(plan), plan)
    return batches if plan.burst == 1 else chain.from_iterable(map(repeat, batches, repeat(plan.burst)))


def _by_chance(planned: int | None, plan: LoadPlan) -> Iterator[float]:
    """Positions of Poisson arrivals: exponential gaps, or, the number of hits being known, what those come to.

    Given their number n, Poisson arrivals are n uniform ones in order, and with E₁, E₂, … standard exponential their k-th is
    1 - exp(-(E₁/n + E₂/(n-1) + … + Eₖ/(n-k+1))) of the whole (A. Rényi, "On the theory of order statistics", 1953). So a plan has
    as many hits as its rate says whatever its seed, and none of them needs to be kept.
    """
    draw = Random(plan.seed).expovariate
    if planned is None:
        return accumulate(draw(1.0) * plan.burst for _ in count())
    timed = area(plan.stages) or (plan.rps or 0.0) * (plan.duration_s or 0.0)
    batches, whole = ceil(planned / plan.burst), min(timed or inf, planned)
    return (-whole * expm1(-reached) for reached in accumulate(draw(left) for left in range(batches, 0, -1)))


def _along(stages: Sequence[Stage], positions: Iterator[float]) -> Iterator[float]:
    """Where the rate, summed up from the first stage on, reaches each position."""
    ends = [*accumulate(map(_area, stages[:-1])), inf]
    position, at, reached = next(positions, inf), 0.0, 0.0
    for stage, end in zip(stages, ends, strict=True):
        while position < end:
            yield at + _into(stage, position - reached)
            position = next(positions, inf)
        at, reached = at + stage.seconds, end


def _into(stage: Stage, number: float) -> float:
    """The seconds after which a stage has asked for `number` hits: the root t of from·t + (to - from)/seconds·t²/2 = number.

    Written so that nothing cancels where the rate hardly changes, and never after the stage's end.
    """
    if number <= 0:
        return 0.0
    slope = (stage.to_rps - stage.from_rps) / stage.seconds
    root = sqrt(max(stage.from_rps**2 + 2 * slope * number, 0.0))
    return min(2 * number / (stage.from_rps + root), stage.seconds)


def _area(stage: Stage) -> float:
    return stage.seconds * (stage.from_rps + stage.to_rps) / 2


def _within(plan: LoadPlan) -> int | None:
    """How many hits are due before the end that time sets; None where it sets none."""
    if plan.offsets:
        return len(plan.offsets) if plan.duration_s is None else bisect_left(plan.offsets, plan.duration_s)
    if plan.stages:
        return max(ceil(area(plan.stages) - _FUZZ), 0)
    return None if plan.rps is None or plan.duration_s is None else _before(plan.rps, plan.duration_s)


def _before(rps: float, duration_s: float) -> int:
    """How many of 0, 1/rps, 2/rps, … lie before `duration_s`; the loops mend what the division rounded wrongly."""
    number = ceil(rps * duration_s)
    while number and (number - 1) / rps >= duration_s:
        number -= 1
    while number / rps < duration_s:
        number += 1
    return number
