"""Combinations of values in which every pair of values of two factors occurs (a pairwise covering array)."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

Pair = tuple[tuple[str, str], tuple[str, str]]
Complete = Callable[[dict[str, str]], dict[str, str] | None]


def all_pairs(factors: Mapping[str, Sequence[str]], complete: Complete = dict) -> list[dict[str, str]]:
    """Greedy: each combination begins with a pair that none has yet, and takes what covers most further ones.

    `complete` adds to some values what those need beside them; None where no combination can have them together.
    """
    missing = pairs_of(factors, complete)
    found = []
    while missing:
        one = complete(dict(min(missing)))
        assert one
        for name in factors:
            if name not in one:
                wider = filter(None, (complete({**one, name: value}) for value in factors[name]))
                one = max(wider, key=lambda values: len(pairs(values) & missing))
        missing -= pairs(one)
        found.append(one)
    return found or [{name: value} for name, values in factors.items() for value in values]


def pairs_of(factors: Mapping[str, Sequence[str]], complete: Complete = dict) -> set[Pair]:
    """All that can be."""
    every = (_pair((a, x), (b, y)) for a, b in combinations(factors, 2) for x in factors[a] for y in factors[b])
    return {pair for pair in every if complete(dict(pair))}


def pairs(one: Mapping[str, str]) -> set[Pair]:
    return {_pair(a, b) for a, b in combinations(one.items(), 2)}


def _pair(a: tuple[str, str], b: tuple[str, str]) -> Pair:
    return (a, b) if a < b else (b, a)
