"""A rate of requests that changes over time: how many are due up to a moment, and when the n-th one is due."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf, sqrt


@dataclass(frozen=True, slots=True)
class Stage:
    """A piece of an open schedule, in which the rate changes linearly."""

    seconds: float
    from_rps: float
    to_rps: float


def area(stages: Sequence[Stage]) -> float:
    """How many requests the stages demand: the integral of the rate over time."""
    return sum(_requests(stage) for stage in stages)


def times_at(stages: Sequence[Stage], positions: Iterator[float]) -> Iterator[float]:
    """When the integral of the rate, from the first stage on, reaches each position."""
    ends = [*accumulate(map(_requests, stages[:-1])), inf]
    position, at, reached = next(positions, inf), 0.0, 0.0
    for stage, end in zip(stages, ends, strict=True):
        while position < end:
            yield at + _into(stage, position - reached)
            position = next(positions, inf)
        at, reached = at + stage.seconds, end


def _into(stage: Stage, number: float) -> float:
    """The seconds after which a stage has demanded `number` requests: the root t of from·t + (to - from)/seconds·t²/2 = number.

    Written without cancellation where the rate hardly changes; never later than the stage's end.
    """
    if number <= 0:
        return 0.0
    slope = (stage.to_rps - stage.from_rps) / stage.seconds
    root = sqrt(max(stage.from_rps**2 + 2 * slope * number, 0.0))
    return min(2 * number / (stage.from_rps + root), stage.seconds)


def _requests(stage: Stage) -> float:
    return stage.seconds * (stage.from_rps + stage.to_rps) / 2
