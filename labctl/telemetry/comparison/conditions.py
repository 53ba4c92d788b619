"""What a request may have and another not: the values of attributes and resources, spans that are there or missing.

A condition is a set of requests. Of a number it is at least, or at most, one of a few quantiles. Two conditions of exactly the
same requests are one, under the name that says most.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from labctl.telemetry.comparison.masks import Mask, flags, mask_of
from labctl.telemetry.comparison.requests import CLIENT, Operation, RunRequests

_MOST_VALUES: Final = 50                # of one attribute: the most frequent
_FEW: Final = 10                        # values up to which a number's are looked at one by one
_QUANTILES: Final = (0.5, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99)
_NAMES_A_THING: Final = (".port", ".id", "_id")     # numbers that have no order
_FIRST_KEYS: Final = ("k8s.pod.name", "service.instance.id", "http.route", "url.path")
_LATER_KEYS: Final = ("url.full", "server.port", "network.peer.port")
_KIND_ORDER: Final = ("server", "internal", "producer", "consumer", "unspecified", "unknown", "", CLIENT)     # "": of rarer names


_Values = Sequence[tuple[Any, Sequence[int]]]
_Found = Iterator[tuple["Condition", Mask]]


class ConditionSort(StrEnum):
    ATTRIBUTE = "attribute"
    RESOURCE = "resource"
    SPAN = "span"                       # there or missing
    TIME = "time"
    OWN_TIME = "own time"


class Relation(StrEnum):
    IS = "="
    AT_LEAST = "≥"
    AT_MOST = "≤"
    PRESENT = "present"
    MISSING = "missing"
    WITHIN = "within"
    ABOVE = ">"


@dataclass(frozen=True, slots=True)
class Condition:
    sort: ConditionSort
    operation: Operation                # without a name: of the whole process, or of the request
    key: str
    comparison: Relation
    value: Any                          # text, a number or a boolean; (from, to) in seconds of the run for TIME; ms for OWN_TIME

    def as_json(self) -> dict[str, Any]:
        return {
            "sort": self.sort, "service": self.operation.service or None, "span": self.operation.name or None,
            "key": self.key or None, "comparison": self.comparison, "value": self.value,
        }


@dataclass(slots=True)
class Candidate:
    condition: Condition
    mask: Mask
    same: list[Condition]               # other conditions of the same requests


def candidates(requests: RunRequests, universe: Mask, skip: Iterable[str], least: int) -> list[Candidate]:
    """All that at least `least` requests of the universe have, and at least `least` have not. `skip` are keys to be left out."""
    found: dict[Mask, Candidate] = {}
    number = universe.bit_count()
    for condition, mask in _all(requests, frozenset(skip)):
        inside = mask & universe
        if not least <= inside.bit_count() <= number - least:
            continue
        if inside in found:
            found[inside].same.append(condition)
        else:
            found[inside] = Candidate(condition, inside, [])
    return list(found.values())


def _all(requests: RunRequests, skip: frozenset[str]) -> _Found:
    yield from _resources(requests, skip)
    for (operation, key), values in sorted(requests.attributes.items(), key=lambda item: _order(*item[0])):
        if key not in skip and (key in _FIRST_KEYS or not _always(values, requests.present[operation])):
            yield from _values(operation, key, values, len(requests))
    yield from _spans(requests)


def _always(values: _Values, present: Sequence[int]) -> bool:
    """Whether all spans of an operation have one value, which says no more than that there is such a span."""
    return len(values) == 1 and len(set(values[0][1])) == len(set(present))


def _order(operation: Operation, key: str) -> tuple[Any, ...]:
    kind = _KIND_ORDER.index(operation.kind)
    return key in _LATER_KEYS, kind == len(_KIND_ORDER) - 1, key not in _FIRST_KEYS, kind, key, operation


def _resources(requests: RunRequests, skip: frozenset[str]) -> _Found:
    found: dict[tuple[bool, str, str, str], list[int]] = {}
    for service, attributes, indexes in requests.resources:
        for key, value in attributes.items():
            found.setdefault((key not in _FIRST_KEYS, key, service, value), []).extend(indexes)
    for (_, key, service, value), indexes in sorted(found.items(), key=lambda item: item[0]):
        if key not in skip:
            condition = Condition(ConditionSort.RESOURCE, Operation(service, "", ""), key, Relation.IS, value)
            yield condition, mask_of(indexes, len(requests))


def _values(operation: Operation, key: str, values: _Values, size: int) -> _Found:
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value, _ in values)
    ordered = numeric and not key.endswith(_NAMES_A_THING)
    if not ordered or len(values) <= _FEW:
        frequent = sorted(values, key=lambda item: -len(item[1]))[:_MOST_VALUES]
        for value, indexes in frequent:
            yield Condition(ConditionSort.ATTRIBUTE, operation, key, Relation.IS, value), mask_of(indexes, size)
    if ordered:
        yield from _cuts(operation, key, values, size)


def _cuts(operation: Operation, key: str, values: _Values, size: int) -> _Found:
    rising = sorted(values, key=lambda item: item[0])
    for comparison, order in ((Relation.AT_LEAST, rising[::-1]), (Relation.AT_MOST, rising)):
        total, reached, taken = sum(len(indexes) for _, indexes in order), 0, list[int]()
        wanted = [(1 - quantile) * total for quantile in reversed(_QUANTILES)]
        for value, indexes in order:
            taken.extend(indexes)
            reached += len(indexes)
            if wanted and reached >= wanted[0]:
                while wanted and reached >= wanted[0]:
                    wanted.pop(0)
                yield Condition(ConditionSort.ATTRIBUTE, operation, key, comparison, value), mask_of(taken, size)


def _spans(requests: RunRequests) -> _Found:
    everyone = (1 << len(requests)) - 1
    for operation, indexes in requests.present.items():
        mask = mask_of(indexes, len(requests))
        yield Condition(ConditionSort.SPAN, operation, "", Relation.PRESENT, None), mask
        yield Condition(ConditionSort.SPAN, operation, "", Relation.MISSING, None), everyone ^ mask


def sharpened(candidate: Candidate, requests: RunRequests, group: Mask, universe: Mask) -> Candidate:
    """A number's condition at the value that parts the group from the rest best; others are left as they are.

    What was tested is one of a few quantiles.
    """
    condition = candidate.condition
    if condition.comparison not in {Relation.AT_LEAST, Relation.AT_MOST}:
        return candidate
    falling = condition.comparison is Relation.AT_LEAST
    attributes = requests.attributes[condition.operation, condition.key]
    values = sorted(attributes, key=lambda item: item[0], reverse=falling)
    many, others = (group & universe).bit_count(), (universe & ~group).bit_count()
    in_group, in_universe = flags(group & universe, len(requests)), flags(universe, len(requests))
    best, edge, inside, outside = -1.0, condition.value, 0, 0
    for value, indexes in values:
        for one in indexes:
            inside += in_group[one]
            outside += in_universe[one] - in_group[one]
        if (parted := inside / many - outside / others) > best:
            best, edge = parted, value
    taken = [one for value, indexes in values if (value >= edge if falling else value <= edge) for one in indexes]
    sharper = Condition(condition.sort, condition.operation, condition.key, condition.comparison, edge)
    return Candidate(sharper, mask_of(taken, len(requests)) & universe, candidate.same)
