"""Counts the requests as they end. Memory does not grow with the run.

Subtle: `answered` is on the engine's hot path: it appends two times to lists, and checks whether this request is among the
slowest and whether the lists are full. Counting a full list at once costs a fifth of counting each request, and merging what was
counted into the histograms of the slice, the run and the screen waits until a slice is over or somebody looks.
"""

from array import array
from collections import Counter
from heapq import heappush, heapreplace
from operator import add
from typing import Final

from labctl.load.measure.counts import SLOWEST, Counts
from labctl.load.measure.summary import status_name
from labctl.load.measure.timeline import RawSlice, RawSlices
from labctl.load.plan import request_mix
from labctl.load.plan.load_plan import LoadPlan, Request
from labctl.load.statistics.histogram import COARSE, Histogram

CHUNK: Final = 512
_STATUSES: Final = 1000


class Recorder:
    """All times are seconds on the engine's clock."""

    def __init__(self, plan: LoadPlan) -> None:
        self._kinds = request_mix.RequestOrder(plan)
        self._expected = [_expected(request) for request in request_mix.pool(plan)]
        self.always = [all(one) for one in zip(*self._expected, strict=True)]   # by status: success for every kind of request
        self._by_kind = [[0, 0] for _ in self._expected]
        self._only = self._expected[0] if len(self._expected) == 1 else None
        self._open = plan.rps is not None               # in a closed loop latency and service time are the same
        self._warmup_s = plan.warmup_s
        self._measured = 0.0                            # no latency figure includes requests that were due before this
        self.slices = RawSlices(plan.slices_s)
        self.warmup = self.warmup_failed = 0
        self.failed = 0
        self.errors: Counter[str] = Counter()
        self.notes: dict[str, str] = {}                 # the first detail of a status or failure, by its name
        self.resent = 0                                 # requests sent once more after a stale connection
        self.last = 0.0                                 # when the latest request ended
        self.late = Histogram()
        self.statuses = [0] * _STATUSES                # by status: a list counts four times as fast as a Counter
        self._counted = 0                               # successful requests that are counted and out of the lists
        self._latency, self._service = Histogram(), Histogram()
        self._recent = Histogram(COARSE)                      # latency since the last sketch
        self._batch, self._batch_due = Histogram(), 0.0       # latency of one slice's requests that is in no other histogram yet
        self.dues: list[float] = []                    # not counted yet; a list is faster to append to than an array
        self.latencies: list[float] = []
        self._services: list[float] = []
        self._lates: list[float] = []
        self._slowest: list[tuple[float, int]] = []
        self.slow = -1.0                               # a request slower than this is one of the ten slowest so far

    @property
    def successful(self) -> int:
        return self._counted + len(self.latencies)

    def begin(self, start: float) -> None:
        """The first request is due at `start`."""
        self._measured = start + self._warmup_s

    def answered(self, index: int, status: int, due: float, sent: float, done: float) -> None:
        """An answer was read to its end."""
        self.statuses[status] += 1
        if not (self._only or self._expected_of(index))[status]:
            self.broken(index, status_name(status), due, done)
            self._came(done)
            return
        latency = done - due
        self.dues.append(due)
        self.latencies.append(latency)
        if self._open:
            self._services.append(done - sent)
        if self._only is None:
            self._by_kind[self._kinds.of(index)][0] += 1
        if latency > self.slow:
            self.remember(latency, index, due)
        if len(self.latencies) >= CHUNK:
            self.flush()

    def broken(self, index: int, kind: str, due: float, done: float) -> None:
        """A request failed: without an answer, or with an unexpected status."""
        self.failed += 1
        self.errors[kind] += 1
        self.last = max(self.last, done)
        self._by_kind[self._kinds.of(index)][1] += 1
        if raw_slice := self._raw_slice(due):
            raw_slice.errors[kind] += 1
        else:
            self.warmup += 1
            self.warmup_failed += 1

    def unfinished(self, due: float) -> None:
        """A request was still in flight when the run ended."""
        if raw_slice := self._raw_slice(due):
            raw_slice.unfinished += 1
        else:
            self.warmup += 1

    def dropped(self, due: float) -> None:
        """A request was due before the run ended and never sent."""
        if raw_slice := self._raw_slice(due):
            raw_slice.dropped += 1

    def started_late(self, due: float, sent: float) -> None:
        """A request was sent after it was due although a worker was free."""
        if due >= self._measured:
            self._lates.append(sent - due)
        if len(self._lates) >= CHUNK:
            self._flush_lates()

    def sketch(self, sent: int) -> Counts:
        """The counts during the run, for the screen; latency only of the requests since the last sketch."""
        self._settle()
        latency, self._recent = self._recent, Histogram(COARSE)
        return Counts(
            [sent], self.successful, self.failed, warmup_failed=self.warmup_failed, errors=self.errors,
            statuses=self._answers(), latency=latency,
        )

    def counts(self, sent: int) -> Counts:
        """All that was counted."""
        self._settle()
        counts = Counts(
            [sent], self.successful, self.failed, warmup=self.warmup, warmup_failed=self.warmup_failed, last=self.last,
            errors=self.errors, statuses=self._answers(), by_request=self._by_request(),
            latency=self._latency, service=self._service if self._open else self._latency, slowest=self._slowest,
            resent=self.resent, notes=self.notes,
        )
        counts.own.late, counts.slices = self.late, self.slices
        return counts

    def _answers(self) -> Counter[int]:
        return Counter({status: count for status, count in enumerate(self.statuses) if count})

    def _by_request(self) -> dict[str, tuple[int, int]]:
        if self._only is not None:
            return {}
        found: dict[str, tuple[int, int]] = {}
        for name, (good, bad) in zip(self._kinds.names, self._by_kind, strict=True):
            known = found.get(name, (0, 0))
            found[name] = known[0] + good, known[1] + bad
        return found

    def _expected_of(self, index: int) -> list[bool]:
        return self._expected[self._kinds.of(index)]

    def _raw_slice(self, instant: float) -> RawSlice | None:
        """None: within the warm-up."""
        at = instant - self._measured
        return None if at < 0 else self.slices.raw_slice(self.slices.place(at))

    def remember(self, latency: float, index: int, due: float) -> None:
        if due < self._measured:
            return
        if len(self._slowest) < SLOWEST:
            heappush(self._slowest, (latency, index))
        else:
            heapreplace(self._slowest, (latency, index))
            self.slow = self._slowest[0][0]

    def flush(self) -> None:
        """Count the times in the lists: all at once when they belong to one slice, as they nearly always do."""
        self._flush_lates()
        if not self.latencies:
            return
        self._counted += len(self.latencies)
        self._all_came()
        place, measured = self.slices.place, self._measured
        first, last = min(self.dues), max(self.dues)
        if first >= measured and place(first - measured) == place(last - measured):
            self._count(first, self.latencies, self._services)
        else:
            self._sort()
        for waiting in (self.dues, self.latencies, self._services):
            waiting.clear()

    def _flush_lates(self) -> None:
        self.late.add(array("d", self._lates))
        self._lates.clear()

    def _all_came(self) -> None:
        """Count the answers in the lists by the slice in which they came; they are in that order."""
        first, last = (self.dues[place] + self.latencies[place] for place in (0, -1))
        self.last = max(self.last, last)
        place, measured = self.slices.place, self._measured
        if first >= measured and place(first - measured) == place(last - measured):
            self.slices.raw_slice(place(last - measured)).answered += len(self.dues)
        else:
            for done in map(add, self.dues, self.latencies):
                self._came(done)

    def _came(self, done: float) -> None:
        if raw_slice := self._raw_slice(done):
            raw_slice.answered += 1

    def _sort(self) -> None:
        """Count the times in the lists slice by slice."""
        found: dict[int, tuple[float, list[float], list[float]]] = {}
        services = self._services or self.latencies
        for due, latency, service in zip(self.dues, self.latencies, services, strict=True):
            if due < self._measured:
                self.warmup += 1
                continue
            _, latencies, more = found.setdefault(self.slices.place(due - self._measured), (due, [], []))
            latencies.append(latency)
            more.append(service)
        for due, latencies, more in found.values():
            self._count(due, latencies, more if self._open else [])

    def _count(self, due: float, latencies: list[float], services: list[float]) -> None:
        """Times of requests that were all due in the same slice as `due`."""
        place, measured = self.slices.place, self._measured
        if place(due - measured) != place(self._batch_due - measured):
            self._merge()
        self._batch_due = due
        self._batch.add(array("d", latencies))
        self._service.add(array("d", services))

    def _settle(self) -> None:
        """Bring every figure up to date."""
        self.flush()
        self._merge()

    def _merge(self) -> None:
        """Add the batch to the histograms that it belongs to."""
        batch, self._batch = self._batch, Histogram()
        if not batch.count:
            return
        raw_slice = self.slices.raw_slice(self.slices.place(self._batch_due - self._measured))
        raw_slice.successful += batch.count
        coarse = Histogram(COARSE)
        coarse.merge(batch)
        raw_slice.latency.merge(coarse)
        self._recent.merge(coarse)
        self._latency.merge(batch)


def _expected(request: Request) -> list[bool]:
    """By status, whether it counts as success."""
    return [any(low <= status <= high for low, high in request.expect) for status in range(_STATUSES)]
