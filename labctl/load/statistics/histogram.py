"""A histogram of times with a fixed relative error, in bounded memory and cheap to update, like HdrHistogram.

Subtle: the bucket of a value is the upper bits of the value itself. An IEEE 754 double is a sign, 11 bits of exponent and 52
of fraction, so dropping the lower 42 bits leaves the power of two and 1024 equal steps within it: log-linear buckets no
wider than 1/1024 of their values, numbered in the order of the values. Counting a chunk is then two loops in C, and dropping
more bits merges buckets into ones coarser by a power of two.
"""

from array import array
from base64 import b64decode, b64encode
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, islice
from math import ceil
from struct import Struct
from typing import Any

FINE, COARSE = 42, 45                   # bits dropped: 1024 and 128 steps from one power of two to the next
_FRACTION = 52
_LEAST = 1e-9
_DOUBLE, _BITS = Struct("<d"), Struct("<q")


class Histogram:
    """Counts of values ≥ 0. Count, min and max are exact, quantiles within 1/2048 of the value (COARSE: 1/256)."""

    def __init__(self, dropped: int = FINE) -> None:
        self._dropped = dropped
        self.count = 0
        self.total = 0.0
        self.min = 0.0
        self.max = 0.0
        self._counts: Counter[int] = Counter()
        self._packed: array[int] = array("Q")           # key, count, key, count, … of what is not in _counts
        self._keys: list[int] = []
        self._cumulative: list[int] = []                # counts of the buckets in order; empty when it has to be computed again

    def add(self, values: "array[float]") -> None:
        """Count a chunk of doubles (`array("d")`)."""
        if not values:
            return
        self._unpack()
        dropped = self._dropped
        self._counts.update([bits >> dropped for bits in memoryview(values).cast("B").cast("q")])
        self._extend(len(values), sum(values), min(values), max(values))

    def merge(self, other: "Histogram") -> None:
        """Add the other's counts: exact, since the edges are the same; from then on as coarse as the coarser of the two."""
        if not other.count:
            return
        coarsest = max(self._dropped, other._dropped)  # noqa: SLF001 one of our own
        if coarsest > self._dropped:
            before = list(self._items(coarsest))
            self._dropped, self._keys, self._counts, self._packed = coarsest, [], Counter(), array("Q")
            for key, number in before:
                self._counts[key] += number
        self._unpack()
        counts, more = self._counts, coarsest - other._dropped  # noqa: SLF001
        for key, number in other._own_items():  # noqa: SLF001
            counts[key >> more] += number
        self._extend(other.count, other.total, other.min, other.max)

    def pack(self) -> None:
        """Reduce the memory to a sixth, until the next value is counted."""
        if self._counts:
            self._packed = array("Q", chain.from_iterable(self._counts.items()))
            self._counts, self._keys, self._cumulative = Counter(), [], []

    def octaves(self, steps: int) -> Iterator[tuple[int, int]]:
        """(step, count) for each non-empty step, with `steps` equal steps from one power of two to the next; see `edge`.

        Values below a nanosecond count as one nanosecond, so that there is a first step.
        """
        dropped, found = _FRACTION - (steps.bit_length() - 1), Counter[int]()
        least = _bits(_LEAST) >> dropped
        for key, number in self._items(dropped):
            found[max(key, least)] += number
        yield from sorted(found.items())

    def as_json(self) -> list[Any]:
        """Everything, for `read` on the same machine."""
        packed = array("Q", chain.from_iterable(self._own_items())).tobytes()
        return [self._dropped, self.count, self.total, self.min, self.max, b64encode(packed).decode()]

    @classmethod
    def read(cls, value: Sequence[Any]) -> "Histogram":
        dropped, count, total, least, most, packed = value
        hdr = cls(dropped)
        hdr._packed = array("Q", b64decode(packed))
        hdr._extend(count, total, least, most)
        return hdr

    def quantiles(self, shares: Iterable[float]) -> list[float]:
        """For each share the smallest value at or below which at least that share of all values lies; 0.0 when empty."""
        keys, ranks = self._ranks()
        if not ranks:
            return [0.0 for _ in shares]
        return [self._value(keys[bisect_left(ranks, max(ceil(share * self.count), 1))]) for share in shares]

    def below(self, edges: Sequence[float]) -> list[int]:
        """For each edge how many values lie below it, with the precision of the bucket that the edge falls into."""
        keys, ranks = self._ranks()
        places = (bisect_left(keys, _bits(edge) >> self._dropped) for edge in edges)
        return [ranks[place - 1] if place else 0 for place in places]

    def _extend(self, count: int, total: float, least: float, most: float) -> None:
        if not count:
            return
        self.min = min(self.min, least) if self.count else least
        self.max = max(self.max, most)
        self.count += count
        self._cumulative = []
        self.total += total

    def _items(self, dropped: int) -> Iterator[tuple[int, int]]:
        """Buckets with `dropped` bits dropped, and their counts; a bucket may come more than once."""
        more = dropped - self._dropped
        return ((key >> more, number) for key, number in self._own_items())

    def _own_items(self) -> Iterator[tuple[int, int]]:
        packed = self._packed
        return chain(self._counts.items(), zip(packed[::2], packed[1::2], strict=True))

    def _unpack(self) -> None:
        if self._packed:
            packed, self._packed = self._packed, array("Q")
            self._counts.update(dict(zip(packed[::2], packed[1::2], strict=True)))

    def _ranks(self) -> tuple[Sequence[int], Sequence[int]]:
        """Buckets in order, and their cumulative counts. New buckets are rare, so keeping the order is cheap."""
        self._unpack()
        if not self._cumulative:
            self._keys.extend(islice(self._counts, len(self._keys), None))
            self._keys.sort()
            self._cumulative = list(accumulate(map(self._counts.__getitem__, self._keys)))
        return self._keys, self._cumulative

    def _value(self, key: int) -> float:
        """The middle of a bucket, limited to the range from min to max."""
        low, high = (_value(edge, self._dropped) for edge in (key, key + 1))
        return min(max((low + high) / 2, self.min), self.max)


def edge(step: int, steps: int) -> float:
    """The lower edge of one of the steps that `Histogram.octaves` counts."""
    return _value(step, _FRACTION - (steps.bit_length() - 1))


def _value(key: int, dropped: int) -> float:
    return float(_DOUBLE.unpack(_BITS.pack(key << dropped))[0])


def _bits(value: float) -> int:
    return int(_BITS.unpack(_DOUBLE.pack(max(value, 0.0)))[0])
