"""A histogram of times with a fixed relative error, in bounded memory and cheap to feed: what HdrHistogram is for.

Subtle: the bucket of a value is the upper bits of the value itself. An IEEE 754 double is a sign, 11 bits of exponent and 52
of fraction, so dropping the lower 42 bits leaves the power of two and 1024 equal steps within it: log-linear buckets no
wider than 1/1024 of their values, numbered in the order of the values. Counting a chunk is then two loops in C.
"""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate, islice
from math import ceil, fsum
from struct import Struct

_DROPPED = 42
_DOUBLE, _BITS = Struct("<d"), Struct("<q")


class Hdr:
    """Counts of values of zero and more. Count, sum, min and max are exact, quantiles within 1/2048 of the value."""

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.min = 0.0
        self.max = 0.0
        self._counts: Counter[int] = Counter()
        self._keys: list[int] = []
        self._cumulative: list[int] = []                # of the buckets in order; empty when it has to be added up again

    def add(self, values: "array[float]") -> None:
        """Count a chunk of doubles (`array("d")`)."""
        if not values:
            return
        self._counts.update([bits >> _DROPPED for bits in memoryview(values).cast("B").cast("q")])
        self._extend(len(values), fsum(values), min(values), max(values))

    def merge(self, other: "Hdr") -> None:
        """Count what the other has counted too; exact, since every histogram has the same buckets."""
        if other.count:
            self._counts.update(other._counts)  # noqa: SLF001 one of our own
            self._extend(other.count, other.total, other.min, other.max)

    def quantiles(self, shares: Iterable[float]) -> list[float]:
        """For each share the smallest counted value that at least that share of all lies at or below; 0.0 of nothing."""
        keys, ranks = self._ranks()
        if not ranks:
            return [0.0 for _ in shares]
        return [self._value(keys[bisect_left(ranks, max(ceil(share * self.count), 1))]) for share in shares]

    def below(self, edges: Sequence[float]) -> list[int]:
        """For each edge how many values lie below it, to within the bucket that the edge falls into."""
        keys, ranks = self._ranks()
        places = (bisect_left(keys, _key(edge)) for edge in edges)
        return [ranks[place - 1] if place else 0 for place in places]

    def _extend(self, count: int, total: float, least: float, most: float) -> None:
        self.min = min(self.min, least) if self.count else least
        self.max = max(self.max, most)
        self.count += count
        self._cumulative = []
        self.total += total

    def _ranks(self) -> tuple[Sequence[int], Sequence[int]]:
        """Buckets in order, and how many values lie in each or below. New buckets are few, so keeping order is cheap."""
        if not self._cumulative:
            self._keys.extend(islice(self._counts, len(self._keys), None))
            self._keys.sort()
            self._cumulative = list(accumulate(map(self._counts.__getitem__, self._keys)))
        return self._keys, self._cumulative

    def _value(self, key: int) -> float:
        """The middle of a bucket, but never outside of what was seen."""
        low, high = (_DOUBLE.unpack(_BITS.pack(edge << _DROPPED))[0] for edge in (key, key + 1))
        return float(min(max((low + high) / 2, self.min), self.max))


def _key(value: float) -> int:
    bits: int = _BITS.unpack(_DOUBLE.pack(max(value, 0.0)))[0]
    return bits >> _DROPPED
