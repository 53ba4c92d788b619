"""What came of the hits: counts by status and by failure, two histograms, the ten slowest. Memory does not grow with the run.

Times wait in an array until there are enough to count them at once, which costs a fifth of counting each.
"""

from array import array
from collections import Counter
from heapq import heappush, heapreplace
from typing import Final

from labctl.load import buckets
from labctl.load.confidence import intervals
from labctl.load.hdr import Hdr
from labctl.load.summary import Bucket, Distribution

_CHUNK: Final = 512
_SLOWEST: Final = 10
_SHARES: Final = (0.5, 0.9, 0.95, 0.99, 0.999)
_SUCCESS: Final = 200
_ERROR: Final = 400


class Recorder:
    """All times are seconds on the engine's clock; what is read from it is in milliseconds."""

    def __init__(self) -> None:
        self.failed = 0
        self.errors: Counter[str] = Counter()
        self.last = 0.0                                 # when the latest hit ended
        self._statuses = [0] * 1000                     # by status: a list counts four times as fast as a Counter
        self._latency, self._service = Hdr(), Hdr()
        self._latencies, self._services = array("d"), array("d")
        self._slowest: list[tuple[float, int]] = []
        self._slow = -1.0                               # what is slower than this belongs to the ten slowest

    @property
    def successful(self) -> int:
        return self._latency.count + len(self._latencies)

    @property
    def statuses(self) -> dict[int, int]:
        return {status: count for status, count in enumerate(self._statuses) if count}

    def answered(self, index: int, status: int, due: float, sent: float, done: float) -> None:
        self._statuses[status] += 1
        if not _SUCCESS <= status < _ERROR:
            self.broken(f"http {status}", done)
            return
        self.last = done
        latency = done - due
        self._latencies.append(latency)
        self._services.append(done - sent)
        if latency > self._slow:
            self._remember(latency, index)
        if len(self._latencies) >= _CHUNK:
            self._flush()

    def broken(self, kind: str, done: float) -> None:
        """A hit without a good answer."""
        self.failed += 1
        self.errors[kind] += 1
        self.last = done

    def latency(self) -> Distribution:
        self._flush()
        return distribution(self._latency)

    def service_time(self) -> Distribution:
        self._flush()
        return distribution(self._service)

    def intervals(self) -> dict[str, tuple[float, float]]:
        """Of the latency's percentiles that have enough samples, the bounds with 95 % confidence."""
        self._flush()
        return intervals(self._latency.count, lambda shares: [value * 1e3 for value in self._latency.quantiles(shares)])

    def histogram(self) -> tuple[Bucket, ...]:
        self._flush()
        return histogram(self._latency)

    def slowest(self) -> list[tuple[float, int]]:
        """(milliseconds, index of the request), the slowest first."""
        return [(seconds * 1e3, index) for seconds, index in sorted(self._slowest, reverse=True)]

    def _remember(self, latency: float, index: int) -> None:
        if len(self._slowest) < _SLOWEST:
            heappush(self._slowest, (latency, index))
        else:
            heapreplace(self._slowest, (latency, index))
            self._slow = self._slowest[0][0]

    def _flush(self) -> None:
        self._latency.add(self._latencies)
        self._service.add(self._services)
        del self._latencies[:], self._services[:]


def distribution(hdr: Hdr) -> Distribution:
    """In milliseconds, of a histogram in seconds."""
    if not hdr.count:
        return Distribution()
    p50, p90, p95, p99, p99_9 = (value * 1e3 for value in hdr.quantiles(_SHARES))
    return Distribution(hdr.count, hdr.min * 1e3, hdr.total / hdr.count * 1e3, p50, p90, p95, p99, p99_9, hdr.max * 1e3)


def histogram(hdr: Hdr) -> tuple[Bucket, ...]:
    """Buckets [from, to) in milliseconds that hold every value, of a histogram in seconds."""
    if not hdr.count:
        return ()
    (body,) = hdr.quantiles([0.95])
    edges = buckets.edges(hdr.min * 1e3, body * 1e3, hdr.max * 1e3)
    below = [0, *hdr.below([edge / 1e3 for edge in edges[1:-1]]), hdr.count]
    return tuple(
        Bucket(low, high, after - before)
        for low, high, before, after in zip(edges, edges[1:], below, below[1:], strict=False)
    )
