"""The slow or the failed requests against the rest: what sets them apart, each difference with the trace that shows it best."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from statistics import median
from typing import Any, Final

from labctl.telemetry.comparison import own_times
from labctl.telemetry.comparison.conditions import Candidate, ConditionSort, candidates
from labctl.telemetry.comparison.differences import Comparing, GroupDifference, differences
from labctl.telemetry.comparison.masks import indexes_of, mask_of
from labctl.telemetry.comparison.own_times import OwnTime
from labctl.telemetry.comparison.requests import LEAST, RunRequests

_NEARLY_ALL: Final = 0.9                # of a group
_SHORT: Final = 0.1                     # of the run
_MOST_ALONE: Final = 0.5
_MOST_TESTED: Final = 400               # conditions, of what somebody chose on the page, who waits for it
_HOW_THEY_FAILED: Final = frozenset({"error.type", "http.response.status_code", "exception.type", "exception.message"})


@dataclass(frozen=True, slots=True)
class ToldDifference:
    """A difference, and the trace that shows it best."""

    difference: GroupDifference
    trace_id: str
    own_ms: float | None                # of an unusual self time: its median in those of the group that have it

    def as_json(self) -> dict[str, Any]:
        return {**self.difference.as_json(), "own_ms": self.own_ms, "trace_id": self.trace_id}


@dataclass(frozen=True, slots=True)
class RequestGroup:
    """The slow or the failed requests against the rest."""

    size: int
    rest: int
    told: Sequence[ToldDifference] = ()
    looked_at: int = 0                  # conditions
    own_times: Sequence[OwnTime] = ()
    within_s: tuple[float, float] | None = None     # the short stretch of the run in which nearly all were due

    @property
    def needed(self) -> int:
        """How many requests a run needs, so that there are enough of this kind; 0 where there are."""
        if not self.size or self.size >= LEAST:
            return 0
        return ceil((self.size + self.rest) * LEAST / self.size * 1.5)

    def as_json(self) -> dict[str, Any]:
        return {
            "size": self.size, "rest": self.rest, "looked_at": self.looked_at, "requests_needed": self.needed or None,
            "differences": [one.as_json() for one in self.told], "own_times": [one.as_json() for one in self.own_times],
            "within_s": self.within_s,
        }


def slow_group(requests: RunRequests, slow: Sequence[int], others: set[int], *, stand_out: bool = True) -> RequestGroup:
    """Of requests that do not even stand out, twice as many have to have something before it is told."""
    rest, least = sorted(others), LEAST if stand_out else 2 * LEAST
    if len(slow) < LEAST or len(rest) < LEAST:
        return RequestGroup(len(slow), len(rest))
    comparing = _comparing(requests, slow, rest)
    times = own_times.own_times(requests, slow, rest)
    usual_ms = median(requests.latency_ms[one] for one in rest)
    unusual = list(own_times.unusual(requests, times, slow, rest, usual_ms))
    found = differences(comparing, candidates(requests, comparing.universe, (), LEAST), unusual)
    told = [one for one in found.differences if one.group_with >= least]
    return RequestGroup(len(slow), len(rest), _shown(requests, told, slow), found.looked_at, times)


def failed_group(requests: RunRequests, failed: Sequence[int], good: Sequence[int]) -> RequestGroup:
    if len(failed) < LEAST or len(good) < LEAST:
        return RequestGroup(len(failed), len(good))
    comparing = _comparing(requests, failed, good)
    found = differences(comparing, list(_causes(candidates(requests, comparing.universe, _HOW_THEY_FAILED, LEAST))), ())
    told = _shown(requests, found.differences, failed)
    return RequestGroup(len(failed), len(good), told, found.looked_at, within_s=_within_s(requests, failed))


def chosen_group(requests: RunRequests, chosen: Sequence[int], *, by_time: bool) -> RequestGroup:
    """Requests that somebody has chosen, by their time too or by how long they took alone, against all others."""
    rest = sorted(set(range(len(requests))) - set(chosen))
    if not chosen or len(rest) < LEAST:
        return RequestGroup(len(chosen), len(rest))
    times = own_times.own_times(requests, chosen, rest)
    if len(chosen) < LEAST:
        return RequestGroup(len(chosen), len(rest), own_times=times)
    comparing = replace(_comparing(requests, chosen, rest), by_time=by_time, one_event=True)
    if comparing.alone > _MOST_ALONE:
        comparing = replace(comparing, strata=1)
    conditions = candidates(requests, comparing.universe, (), LEAST)
    if _mostly_failed(requests, chosen) and not _mostly_failed(requests, rest):
        conditions = list(_causes(candidates(requests, comparing.universe, _HOW_THEY_FAILED, LEAST)))
    usual_ms = median(requests.latency_ms[one] for one in rest)
    unusual = list(own_times.unusual(requests, times, chosen, rest, usual_ms))
    found = differences(comparing, conditions, unusual, most=_MOST_TESTED)
    return RequestGroup(len(chosen), len(rest), _shown(requests, found.differences, chosen, typical=True), found.looked_at, times)


def _mostly_failed(requests: RunRequests, group: Sequence[int]) -> bool:
    return 2 * sum(bool(requests.failures[one]) for one in group) > len(group)


def _causes(conditions: Iterable[Candidate]) -> Iterator[Candidate]:
    """What a request has no span of, because it failed before, is a consequence of its failure."""
    for one in conditions:
        if one.condition.sort is not ConditionSort.SPAN:
            same = [other for other in one.same if other.sort is not ConditionSort.SPAN]
            yield Candidate(one.condition, one.mask, same)


def _within_s(requests: RunRequests, group: Sequence[int]) -> tuple[float, float] | None:
    """The shortest stretch of the run, in seconds since its start, in which nearly all of the group were due, if it is short."""
    number, first = ceil(_NEARLY_ALL * len(group)), requests.due_s[0]
    due = sorted(requests.due_s[one] - first for one in group)
    begin, end = min(zip(due, due[number - 1:], strict=False), key=lambda stretch: stretch[1] - stretch[0])
    return (begin, end) if end - begin <= _SHORT * (requests.due_s[-1] - first) else None


def _comparing(requests: RunRequests, group: Sequence[int], rest: Sequence[int]) -> Comparing:
    mask = mask_of(group, len(requests))
    return Comparing(requests, mask, mask | mask_of(rest, len(requests)))


def _shown(
    requests: RunRequests, found: Sequence[GroupDifference], group: Sequence[int], *, typical: bool = False,
) -> list[ToldDifference]:
    of_group = mask_of(group, len(requests))
    return [_told(requests, one, list(indexes_of(one.mask & of_group)), typical=typical) for one in found]


def _told(requests: RunRequests, found: GroupDifference, having: Sequence[int], *, typical: bool) -> ToldDifference:
    """With the trace, of those with the condition, in which the span took longest, else the slowest; or with the median one."""
    own = requests.own_ms[found.condition.operation] if found.condition.sort is ConditionSort.OWN_TIME else None
    ordered = sorted(having, key=(own or requests.latency_ms).__getitem__)
    best = ordered[len(ordered) // 2 if typical else -1]
    return ToldDifference(found, requests.trace_ids[best], median(own[one] for one in having) if own else None)
