"""Combinations of values in which every pair of values of two factors occurs (a pairwise covering array)."""

from collections.abc import Mapping, Sequence
from itertools import combinations

Pair = tuple[tuple[str, str], tuple[str, str]]


def all_pairs(factors: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """Greedy: each combination begins with a pair that none has yet, and takes what covers most further ones."""
    missing = _pairs_of(factors)
    found = []
    while missing:
        first = min(missing)
        one = dict(first)
        for name in (name for name in factors if name not in one):
            one[name] = max(factors[name], key=lambda value: len(_pairs({**one, name: value}) & missing))
        missing -= _pairs(one)
        found.append(one)
    return found or [{name: value} for name, values in factors.items() for value in values]


def _pairs_of(factors: Mapping[str, Sequence[str]]) -> set[Pair]:
    return {
        _pair((a, x), (b, y)) for a, b in combinations(factors, 2) for x in factors[a] for y in factors[b]
    }


def _pairs(one: Mapping[str, str]) -> set[Pair]:
    return {_pair(a, b) for a, b in combinations(one.items(), 2)}


def _pair(a: tuple[str, str], b: tuple[str, str]) -> Pair:
    return (a, b) if a < b else (b, a)
