"""Slow requests of a stall: a short moment in which everything in flight became slow, whatever it was doing.

A process that does not run for a while (garbage collection, a CPU limit, a busy machine) makes all its requests slow at once.
They are one event and not many, so they are told apart before the rest is compared.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from labctl.telemetry.comparison.requests import RunRequests

_LEAST_IN_FLIGHT: Final = 3
_MANY_IN_FLIGHT: Final = 8
_ALMOST_ALL: Final = 0.8                # of those in flight
_MOST: Final = 0.6                      # of many in flight
_RARE: Final = 0.2                      # a larger share of slow requests is no matter of moments
_LONGEST_S: Final = 2.0
_LONGEST: Final = 0.1                   # of the run: what lasts longer is a part of the run, and a finding
_PAUSE_S: Final = 0.5                   # between two slow requests of the same stall, at most


@dataclass(frozen=True, slots=True)
class Stall:
    at_s: float                         # Unix
    requests: Sequence[int]


def stalls(requests: RunRequests, slow: Sequence[int]) -> list[Stall]:
    if not slow or len(slow) > _RARE * len(requests):
        return []
    usual = median(requests.latency_ms) / 1e3
    longest_s = min(_LONGEST_S, _LONGEST * (requests.due_s[-1] - requests.due_s[0]))
    moments = sorted((requests.due_s[one] + (requests.latency_ms[one] / 1e3 + usual) / 2, one) for one in slow)
    all_in_flight, slow_in_flight = _InFlight(requests, range(len(requests))), _InFlight(requests, slow)
    together = [
        (at, one) for at, one in moments
        if _stalled(all_in_flight.at(at), slow_in_flight.at(at))
    ]
    return [
        Stall(group[0][0], _overlapping(requests, slow, group[0][0], group[-1][0]))
        for group in _groups(together, max(_PAUSE_S, usual))
        if len(group) >= _LEAST_IN_FLIGHT and group[-1][0] - group[0][0] <= longest_s
    ]


def _stalled(in_flight: int, slow: int) -> bool:
    return in_flight >= _LEAST_IN_FLIGHT and slow >= (_MOST if in_flight >= _MANY_IN_FLIGHT else _ALMOST_ALL) * in_flight


def _overlapping(requests: RunRequests, slow: Sequence[int], begin: float, end: float) -> list[int]:
    return [one for one in slow if requests.due_s[one] <= end and requests.due_s[one] + requests.latency_ms[one] / 1e3 >= begin]


def _groups(moments: Sequence[tuple[float, int]], pause_s: float) -> Iterator[list[tuple[float, int]]]:
    group: list[tuple[float, int]] = []
    for moment in moments:
        if group and moment[0] - group[-1][0] > pause_s:
            yield group
            group = []
        group.append(moment)
    if group:
        yield group


class _InFlight:
    def __init__(self, requests: RunRequests, indexes: Sequence[int]) -> None:
        self._begins = sorted(requests.due_s[one] for one in indexes)
        self._ends = sorted(requests.due_s[one] + requests.latency_ms[one] / 1e3 for one in indexes)

    def at(self, moment: float) -> int:
        return bisect_right(self._begins, moment) - bisect_left(self._ends, moment)
