"""A run slice by slice: the outcome of the requests that were due in each, and how many answers came in it, in bounded memory
however long the run is.

Subtle: all slices have the same width, a power of two times the first one. When there are too many, neighbours are merged in
pairs, which loses only resolution; so the slices of several processes can be made equally wide, and added.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, count, filterfalse
from typing import Any, Final

from labctl.load.measure.summary import Slice, Timeline
from labctl.load.statistics.histogram import COARSE, Histogram, edge

MOST: Final = 300
_LIVE: Final = 8                        # the latest slices, whose histograms are not packed yet
_ROWS: Final = 8                        # of the heatmap, from one power of two to the next
_FUZZ_S: Final = 1e-9                   # rounding error of the difference of two instants
_SHARES: Final = (0.5, 0.99)


@dataclass(slots=True)
class RawSlice:
    successful: int = 0
    unfinished: int = 0
    dropped: int = 0
    answered: int = 0                   # answers that came in this slice, perhaps to requests due in an earlier one
    errors: Counter[str] = field(default_factory=Counter)
    latency: Histogram = field(default_factory=lambda: Histogram(COARSE))      # seconds, of successful requests that count

    @property
    def sent(self) -> int:
        return self.successful + self.unfinished + self.errors.total()

    def add(self, other: "RawSlice") -> None:
        self.successful += other.successful
        self.unfinished += other.unfinished
        self.dropped += other.dropped
        self.answered += other.answered
        self.errors += other.errors
        self.latency.merge(other.latency)


class RawSlices:
    """Those of a run; a request belongs to the one that its due time falls into, `at` seconds from where the figures begin."""

    def __init__(self, width: float) -> None:
        self.width = width
        self.all: dict[int, RawSlice] = {}                 # by place
        self._joined: dict[int, RawSlice] = {}             # pairs that were merged in advance for the next `widen`

    def place(self, at: float) -> int:
        return max(int((at + _FUZZ_S) / self.width), 0)

    def raw_slice(self, place: int) -> RawSlice:
        """The slice at a place from `place`; do not keep it beyond the next call of this method."""
        if self._joined:
            self._joined.pop(place // 2, None)          # the merged pair would miss what is counted now
        found = self.all.get(place)
        if found is not None:
            return found
        while place >= MOST:
            self.widen()
            place //= 2
        if before := self.all.get(place - _LIVE):       # nearly all requests that were due then have ended
            before.latency.pack()
        self._prepare(place - _LIVE)
        return self.all.setdefault(place, RawSlice())

    def add(self, other: "RawSlices") -> None:
        """Joins with another's, whose first width was the same; the other is widened too."""
        self._joined.clear()
        while self.width < other.width:
            self.widen()
        while other.width < self.width:
            other.widen()
        for place, raw_slice in other.all.items():
            self.all.setdefault(place, RawSlice()).add(raw_slice)

    def timeline(self, begin_s: float) -> Timeline:
        """With the first slice at `begin_s`; includes slices in which nothing was due."""
        rows = {place: dict(raw_slice.latency.octaves(_ROWS)) for place, raw_slice in self.all.items()}
        steps = set(chain.from_iterable(rows.values()))
        first, last = min(steps, default=0), max(steps, default=-1)
        edges = [edge(step, _ROWS) * 1e3 for step in range(first, last + 2)] if steps else []
        slices = [self.all.get(place) or RawSlice() for place in range(max(self.all, default=-1) + 1)]
        return Timeline(self.width, edges, [
            _slice(raw, begin_s + place * self.width, {step - first: number for step, number in rows.get(place, {}).items()})
            for place, raw in enumerate(slices)
        ])

    def as_json(self) -> list[Any]:
        return [self.width, [
            [place, one.successful, one.unfinished, one.dropped, one.answered, one.errors, one.latency.as_json()]
            for place, one in self.all.items()
        ]]

    @classmethod
    def read(cls, value: Sequence[Any]) -> "RawSlices":
        width, slices = value
        found = cls(width)
        for place, successful, unfinished, dropped, answered, errors, latency in slices:
            found.all[place] = RawSlice(successful, unfinished, dropped, answered, Counter(errors), Histogram.read(latency))
        return found

    def widen(self) -> None:
        """Merge neighbours in pairs."""
        whole = {place: self._joined.get(place) or self._join(place) for place in sorted({place // 2 for place in self.all})}
        self.width, self.all, self._joined = self.width * 2, whole, {}

    def _prepare(self, settled: int) -> None:
        """Merge the first two neighbours below `settled` that are not merged yet: one pair for each new slice, so that none of
        them stops the load for long.
        """
        place = next(filterfalse(self._joined.__contains__, count()))
        if 2 * place + 1 < settled:
            self._joined[place] = self._join(place)

    def _join(self, place: int) -> RawSlice:
        joined = RawSlice()
        for half in (2 * place, 2 * place + 1):
            if half in self.all:
                joined.add(self.all[half])
        joined.latency.pack()                           # at once, so that not all of them are in memory unpacked
        return joined


def _slice(one: RawSlice, start_s: float, counts: dict[int, int]) -> Slice:
    p50, p99 = (value * 1e3 for value in one.latency.quantiles(_SHARES))
    return Slice(
        start_s=start_s, planned=one.sent + one.dropped, sent=one.sent, successful=one.successful, failed=one.errors.total(),
        p50_ms=p50, p99_ms=p99, answered=one.answered, counts=counts, errors=dict(one.errors),
    )
