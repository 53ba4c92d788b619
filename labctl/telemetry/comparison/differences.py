"""The conditions that are more frequent in a group of requests than in the rest, by more than chance, the strongest first.

Every condition that was looked at counts: p-values are adjusted (Holm), and the level is half a per cent for each of the two
groups. A condition that says no more than a stronger one (its difference vanishes among the requests with that, and among those
without) stands under it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Final

from labctl.telemetry.comparison.conditions import Candidate, Condition, ConditionSort, Relation, sharpened
from labctl.telemetry.comparison.masks import Mask, counts, likeness
from labctl.telemetry.comparison.requests import LEAST, Operation, RunRequests
from labctl.telemetry.comparison.stratified_test import Stratum, adjusted, more_frequent
from labctl.telemetry.comparison.time_window import densest

LEVEL: Final = 0.005
LEVEL_OF_TIME: Final = 0.0005           # no machine is equally busy throughout a run
_RATIO, _APART = 2.0, 0.2               # the share in the group is as many times, or by so much, that in the rest
_OWN_APART: Final = 0.1                 # of an unusual self time, which hardly any of the rest has
_STRONG: Final = 0.5                    # from which on a condition says which requests, and stands before where their time went
_ALIKE: Final = 0.5
_THE_SAME: Final = 0.9
_MOST: Final = 5
STRATA, _IN_STRATUM = 100, 24           # of time: at most so many, of at least so many requests
_MOST_ALSO: Final = 6
_LEAST_MOMENTS: Final = 3               # of an unusual self time: what happens once or twice to many requests is one event


@dataclass(frozen=True, slots=True)
class GroupDifference:
    condition: Condition
    group_with: int
    group: int
    rest_with: int
    rest: int
    p: float                            # adjusted for all that was looked at
    also: Sequence[Condition]           # of the same requests, or saying no more than this
    mask: Mask                          # the requests with the condition
    moments: int                        # stretches of the run in which the group has it

    @property
    def apart(self) -> float:
        """The share with the condition in the group minus that in the rest."""
        return self.group_with / self.group - self.rest_with / self.rest

    @property
    def worth_telling(self) -> bool:
        more = self.group_with * self.rest >= _RATIO * self.rest_with * self.group
        level = LEVEL_OF_TIME if self.condition.sort is ConditionSort.TIME else LEVEL
        sure = self.group_with >= LEAST and self.p < level and self.apart > 0
        if self.condition.sort is ConditionSort.OWN_TIME:
            return sure and self.apart >= _OWN_APART and self.moments >= _LEAST_MOMENTS
        return sure and (more or self.apart >= _APART)

    def as_json(self) -> dict[str, Any]:
        return {
            **self.condition.as_json(), "group_with": self.group_with, "group": self.group, "rest_with": self.rest_with,
            "rest": self.rest, "apart": self.apart, "p": self.p, "also": [one.as_json() for one in self.also],
        }


@dataclass(frozen=True, slots=True)
class Comparing:
    """A group of requests and the rest, both among the `universe`."""

    requests: RunRequests
    group: Mask
    universe: Mask
    by_time: bool = False               # the group was chosen by its time, which then says nothing of it
    one_event: bool = False             # it may be one: somebody chose it and asks what it is
    strata: int = STRATA                # of time

    @property
    def width(self) -> int:
        """RunRequests in a stratum of time, a multiple of 8."""
        return ceil(max(len(self.requests) / self.strata, _IN_STRATUM) / 8) * 8

    @property
    def alone(self) -> float:
        """The share of the group that is the larger part of its stratum: there is little to compare it with."""
        grouped, members = (counts(one, len(self.requests), self.width) for one in (self.group, self.universe))
        alone = sum(number for number, of in zip(grouped, members, strict=True) if 2 * number > of)
        return alone / max(self.group.bit_count(), 1)

    def p(self, mask: Mask, given: Iterable[Mask] = ()) -> float:
        """Whether `mask` is more frequent in the group, among the requests of the same time that agree in all of `given`."""
        parts = [self.universe]
        for one in given:
            parts = [part for half in parts for part in (half & one, half & ~one)]
        return more_frequent(stratum for part in parts for stratum in self._strata(mask, part))

    def _strata(self, mask: Mask, part: Mask) -> Iterable[Stratum]:
        masks = (part, part & self.group, part & mask, part & self.group & mask)
        return map(Stratum, *(counts(one, len(self.requests), self.width) for one in masks))

    def difference(self, candidate: Candidate, p: float) -> GroupDifference:
        mask, rest = candidate.mask, self.universe & ~self.group
        return GroupDifference(
            candidate.condition, (mask & self.group).bit_count(), self.group.bit_count(), (mask & rest).bit_count(),
            rest.bit_count(), p, candidate.same, mask, _LEAST_MOMENTS if self.one_event else self._moments(mask & self.group),
        )

    def _moments(self, mask: Mask) -> int:
        return sum(map(bool, counts(mask, len(self.requests), self.width)))


@dataclass(frozen=True, slots=True)
class GroupDifferences:
    differences: Sequence[GroupDifference]
    looked_at: int                      # how many conditions were tested


def differences(
    comparing: Comparing, conditions: Sequence[Candidate], own: Sequence[Candidate], most: int | None = None,
) -> GroupDifferences:
    """What sets the group apart: `conditions` say which requests, `own` where their time went.

    Of more than `most` conditions those are tested that part the group from the rest best; the others count as looked at.
    """
    windows = [] if comparing.by_time else list(_window(comparing))
    looked_at = len(conditions) + len(own) + len(windows)
    if most is not None and len(conditions) > most:
        conditions = sorted(conditions, key=lambda one: -comparing.difference(one, 1.0).apart)[:most]
    tested = [*conditions, *own, *(window for window, _ in windows)]
    p_values = [*(comparing.p(one.mask) for one in (*conditions, *own)), *(p for _, p in windows)]
    p_values += [1.0] * (looked_at - len(tested))
    told = [
        (candidate, found) for candidate, p in zip(tested, adjusted(p_values), strict=False)
        if (found := comparing.difference(candidate, p)).worth_telling
    ]
    where = [found for _, found in told if found.condition.sort is ConditionSort.OWN_TIME]
    which = _folded(comparing, [one for one in told if one[0].condition.sort is not ConditionSort.OWN_TIME], conditions)
    return GroupDifferences(sorted([*which, *sorted(where, key=_strength)[:2]], key=_place)[:_MOST], looked_at)


def _window(comparing: Comparing) -> Iterable[tuple[Candidate, float]]:
    requests = comparing.requests
    window = densest(comparing.group, comparing.universe, len(requests))
    if window:
        begin, end = (requests.due_s[one] - requests.due_s[0] for one in (window.begin, window.end - 1))
        mask = ((1 << window.end) - (1 << window.begin)) & comparing.universe
        condition = Condition(ConditionSort.TIME, Operation("", "", ""), "", Relation.WITHIN, (begin, end))
        yield Candidate(condition, mask, []), window.p


def _folded(
    comparing: Comparing, told: list[tuple[Candidate, GroupDifference]], all_of: Sequence[Candidate],
) -> list[GroupDifference]:
    """One after the other the strongest; what says no more than those before stands under the one that it is most like."""
    left, found = sorted(told, key=lambda one: _strength(one[1])), list[GroupDifference]()
    while left and len(found) < _MOST:
        candidate, difference = left.pop(0)
        if difference.condition.sort is ConditionSort.TIME:
            candidate = _thing_of_that_time(candidate, all_of)
        if difference.condition.sort is not ConditionSort.TIME or not found:
            sharper = sharpened(candidate, comparing.requests, comparing.group, comparing.universe)
            found.append(comparing.difference(sharper, difference.p))
        given = [one.mask for one in found]
        level, still = LEVEL / max(len(left), 1), []
        for one in left:
            if one[0].condition.sort is ConditionSort.TIME or comparing.p(one[0].mask, given) < level:
                still.append(one)
            else:
                found = _under(found, one[0])
        left = still
    return found


def _thing_of_that_time(window: Candidate, all_of: Iterable[Candidate]) -> Candidate:
    """A resource or an attribute of just the window's requests says more than their time: a pod that came and went."""
    best = max(all_of, key=lambda one: likeness(one.mask, window.mask), default=window)
    if likeness(best.mask, window.mask) < _THE_SAME:
        return window
    return Candidate(best.condition, best.mask, [*best.same, window.condition])


def _under(found: Sequence[GroupDifference], folded: Candidate) -> list[GroupDifference]:
    like = [likeness(one.mask, folded.mask) for one in found]
    best = max(range(len(found)), key=like.__getitem__)
    if like[best] < _ALIKE or len(found[best].also) >= _MOST_ALSO or _another_cut(found[best].condition, folded.condition):
        return list(found)
    also = [*found[best].also, folded.condition]
    return [replace(one, also=also) if place == best else one for place, one in enumerate(found)]


def _another_cut(one: Condition, other: Condition) -> bool:
    return (one.operation, one.key) == (other.operation, other.key)


def _strength(difference: GroupDifference) -> tuple[float, float]:
    return -round(difference.apart, 2), difference.p


def _place(difference: GroupDifference) -> tuple[int, float, float]:
    own = difference.condition.sort is ConditionSort.OWN_TIME
    return (1 if own else 0 if difference.apart >= _STRONG else 2), *_strength(difference)
