"""When hits are due: pure arithmetic on an absolute clock, so that a late hit never moves the ones after it.

Subtle: a closed loop has no schedule of its own. There a hit is due the moment its worker is free, so a slow server slows
the load down and hides its own queue; an open schedule is what a server's users do to it.
"""

from collections.abc import Iterator
from itertools import count, islice
from math import ceil
from typing import Protocol

from labctl.load.summary import LoadPlan

DRAIN_S = 2.0                           # a hit that was due before the end may still be sent for this long after it


class Schedule(Protocol):
    """A cursor over the hits of a run. Times are seconds on the engine's clock."""

    def take(self, now: float) -> float | None:
        """The time at which the next hit was due, and move on to the one after; None when none is due yet, or ever."""
    def upcoming(self) -> float | None:
        """When the next hit is due, if that is known and there is one."""
    def close(self) -> None:
        """Nothing is due any more."""


def constant(rps: float) -> Iterator[float]:
    """Offsets in seconds from the start: hit i (from 0) at i / rps, from the index and not by adding up, so without drift."""
    return (index / rps for index in count())


def hits(plan: LoadPlan) -> int | None:
    """How many hits the plan is for: those due before its end, at most `requests`; None when only time bounds them."""
    if plan.rps is None or plan.duration_s is None:
        return plan.requests
    within = _within(plan.rps, plan.duration_s)
    return within if plan.requests is None else min(within, plan.requests)


def schedule(plan: LoadPlan, start: float) -> Schedule:
    """The plan's hits, the first of them due at `start`."""
    planned = hits(plan)
    end = start + plan.duration_s if plan.duration_s is not None else float("inf")
    if plan.rps is None:
        return ClosedLoop(planned, end)
    return Open(islice(constant(plan.rps), planned), start, end + DRAIN_S)


class ClosedLoop:
    """A hit is due whenever a worker asks for one, until `planned` are taken or `end` has come."""

    def __init__(self, planned: int | None, end: float) -> None:
        self._left = float("inf") if planned is None else planned
        self._end = end

    def take(self, now: float) -> float | None:
        if self._left <= 0 or now >= self._end:
            return None
        self._left -= 1
        return now

    def upcoming(self) -> float | None:
        return None

    def close(self) -> None:
        self._left = 0


class Open:
    """Hits at `start` plus each of `offsets`, which never decrease; what is not taken by `cutoff` never will be."""

    def __init__(self, offsets: Iterator[float], start: float, cutoff: float) -> None:
        self._dues: Iterator[float] = (start + offset for offset in offsets)
        self._cutoff = cutoff
        self._next = next(self._dues, None)

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
        self._next = None
        self._dues = iter(())


def _within(rps: float, duration_s: float) -> int:
    """How many of 0, 1/rps, 2/rps, … lie before `duration_s`; the loops mend what the division rounded wrongly."""
    number = ceil(rps * duration_s)
    while number and (number - 1) / rps >= duration_s:
        number -= 1
    while number / rps < duration_s:
        number += 1
    return number
