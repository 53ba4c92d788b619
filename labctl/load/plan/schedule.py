"""When requests are due: pure arithmetic on an absolute clock, so that a late request never moves the ones after it.

Every request has a position, the number of requests that the rate demands before it: 0, 1, 2, … at a constant rate, random for
Poisson arrivals, the same for all requests of a burst. It is due when the integral of the rate reaches its position. The
engine uses `schedule(plan, start)` and its cursor's `take`, `upcoming`, `close` and `missed`.

Subtle: a closed loop has no schedule of its own. There a request is due when its worker is free, so a slow server slows the
load down and hides its own queue; independent users do not wait for each other, and an open schedule models them.
"""

from collections.abc import Iterator
from itertools import accumulate, chain, count, islice, repeat, takewhile
from math import ceil, expm1, inf
from operator import truediv
from random import Random
from typing import Protocol

from labctl.load.plan.load_plan import LoadPlan
from labctl.load.plan.stages import area, times_at

DRAIN_S = 2.0                           # for so long after the end, requests that were due before it may still be sent


class Schedule(Protocol):
    """A cursor over the requests of a run. Times are seconds on the engine's clock."""

    def take(self, now: float) -> float | None:
        """The due time of the next request, and move on to the one after it; None when none is due yet, or none is left."""
    def upcoming(self) -> float | None:
        """When the next request is due; None when that is unknown, or none is left."""
    def close(self) -> None:
        """Nothing is due any more."""
    def missed(self, now: float) -> Iterator[float]:
        """After `close`: the due times of the requests that were due before `now` and not taken."""


def schedule(plan: LoadPlan, start: float, part: tuple[int, int] = (0, 1)) -> Schedule:
    """The plan's requests, offset 0 being `start`; `part` (2, 4) is every fourth of them, from the third on."""
    first, of = part
    planned, end = plan.planned, inf if plan.length_s is None else start + plan.length_s
    if plan.rps is None and not (plan.stages or plan.offsets):
        return ClosedLoop(planned if planned is None else len(range(first, planned, of)), end)
    return Open(islice(offsets(plan), first, None, of), start, end + DRAIN_S)


def offsets(plan: LoadPlan) -> Iterator[float]:
    """Seconds from the start at which each request of an open plan is due; they never decrease."""
    if plan.offsets:
        return islice(plan.offsets, plan.planned)
    positions = islice(_positions(plan), plan.planned)
    return times_at(plan.stages, positions) if plan.stages else map(truediv, positions, repeat(plan.rps or 1.0))


class ClosedLoop:
    """A request is due whenever a worker asks for one, until `planned` are taken or `end` has come."""

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

    def missed(self, now: float) -> Iterator[float]:  # noqa: ARG002 a request that no worker took was not due
        return iter(())


class Open:
    """Requests are due at `start` plus each of `offsets`, which never decrease; none is taken after `cutoff`."""

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


def _positions(plan: LoadPlan) -> Iterator[float]:
    """The position of every request, the same for all of a burst. Endless where only a rate is given."""
    if plan.arrivals != "poisson":
        batches: Iterator[float] = count(0, plan.burst)
    else:
        batches = _by_chance(plan.planned, plan)
    return batches if plan.burst == 1 else chain.from_iterable(map(repeat, batches, repeat(plan.burst)))


def _by_chance(planned: int | None, plan: LoadPlan) -> Iterator[float]:
    """Positions of Poisson arrivals: exponential gaps, or, for a known number of requests, their conditional distribution.

    Given their number n, Poisson arrivals are n uniform ones in order, and with E₁, E₂, … standard exponential their k-th is
    1 - exp(-(E₁/n + E₂/(n-1) + … + Eₖ/(n-k+1))) of the whole (A. Rényi, "On the theory of order statistics", 1953). So a plan has
    as many requests as its rate says whatever its seed, and no position has to be stored.
    """
    draw = Random(plan.seed).expovariate
    if planned is None:
        return accumulate(draw(1.0) * plan.burst for _ in count())
    timed = area(plan.stages) or (plan.rps or 0.0) * (plan.duration_s or 0.0)
    batches, whole = ceil(planned / plan.burst), min(timed or inf, planned)
    return (-whole * expm1(-reached) for reached in accumulate(draw(left) for left in range(batches, 0, -1)))
