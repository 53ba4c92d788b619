"""What each operation takes by itself in the slow requests and in the others, and where it takes unusually long.

Subtle: the slow requests were chosen by the sum of these times, so that a larger mean proves nothing. What counts is whether a
time lies far outside of its own spread in the other requests.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from labctl.telemetry.comparison.conditions import Candidate, Condition, ConditionSort, Relation
from labctl.telemetry.comparison.masks import mask_of
from labctl.telemetry.comparison.requests import Operation, RunRequests

_UNUSUAL: Final = 5.0                   # widths of the upper half (median to p95) beyond the median
_CONTRIBUTES: Final = 0.3               # of what a slow request takes longer
_LEAST_WIDTH_MS: Final = 0.05


@dataclass(frozen=True, slots=True)
class OwnTime:
    """An operation's self time in the slow requests and in the others."""

    operation: Operation
    slow_ms: float                      # median
    rest_ms: float                      # median
    rest_p95_ms: float
    slow_mean_ms: float
    rest_mean_ms: float

    @property
    def longer_ms(self) -> float:
        """In the mean."""
        return self.slow_mean_ms - self.rest_mean_ms

    def as_json(self) -> dict[str, Any]:
        return {
            "service": self.operation.service or None, "span": self.operation.name, "kind": self.operation.kind or None,
            "slow_ms": self.slow_ms, "rest_ms": self.rest_ms, "rest_p95_ms": self.rest_p95_ms, "slow_mean_ms": self.slow_mean_ms,
            "rest_mean_ms": self.rest_mean_ms, "longer_ms": self.longer_ms,
        }


def own_times(requests: RunRequests, slow: Sequence[int], rest: Sequence[int]) -> list[OwnTime]:
    """Of each operation, the one that accounts for most of the difference first."""
    found = []
    for operation, times in requests.own_ms.items():
        usual, long = sorted(times[one] for one in rest), sorted(times[one] for one in slow)
        means = (sum(long) / len(long), sum(usual) / len(usual))
        found.append(OwnTime(operation, long[len(long) // 2], usual[len(usual) // 2], usual[int(len(usual) * 0.95)], *means))
    return sorted(found, key=lambda one: -one.longer_ms)


def unusual(
    requests: RunRequests, times: Iterable[OwnTime], slow: Sequence[int], rest: Sequence[int], usual_ms: float,
) -> Iterator[Candidate]:
    """For each operation the requests in which it took far longer than it does in the rest.

    A slow one counts where that is a good part of what its latency is beyond `usual_ms`.
    """
    for time in times:
        edge = time.rest_ms + _UNUSUAL * max(time.rest_p95_ms - time.rest_ms, _LEAST_WIDTH_MS)
        own, latency = requests.own_ms[time.operation], requests.latency_ms
        having = [one for one in rest if own[one] > edge]
        having += [
            one for one in slow if own[one] > edge and own[one] - time.rest_ms >= _CONTRIBUTES * (latency[one] - usual_ms)
        ]
        condition = Condition(ConditionSort.OWN_TIME, time.operation, "", Relation.ABOVE, edge)
        yield Candidate(condition, mask_of(having, len(requests)), [])
