"""A generator's counts: the raw figures of a run or of one process's part of it, which can be added up and sent as JSON."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from labctl.load.measure.outcomes import Outcomes
from labctl.load.measure.timeline import RawSlices
from labctl.load.statistics.histogram import Histogram

SLOWEST: Final = 10


@dataclass(slots=True)
class GeneratorUsage:
    """What a generator measured of itself."""

    cpu_s: float = 0.0
    cpu_share: float = 0.0              # of one core, since the first due time; of several processes the highest
    gc_s: float = 0.0
    rss: int = 0                        # bytes, at its peak
    late: Histogram = field(default_factory=Histogram)      # seconds from due to sent, where a worker was free
    machine_busy: float = 0.0           # share of all cores that were busy meanwhile; 0: unknown
    machine_share: float = 0.0          # share of all cores that the generator used


@dataclass(slots=True)
class Counts:
    """Times are seconds; instants are of the monotonic clock, which all processes of a machine share."""

    sent: list[int]                     # by process
    successful: int = 0
    failed: int = 0
    queued: int = 0
    resent: int = 0                     # sent once more after a stale connection
    warmup: int = 0
    warmup_failed: int = 0
    last: float = 0.0                   # when the latest request ended
    interrupted: bool = False
    errors: Counter[str] = field(default_factory=Counter)
    notes: dict[str, str] = field(default_factory=dict)     # the first detail of a status or failure, by its name
    statuses: Counter[int] = field(default_factory=Counter)
    by_request: dict[str, tuple[int, int]] = field(default_factory=dict)    # successful and failed
    latency: Histogram = field(default_factory=Histogram)
    service: Histogram = field(default_factory=Histogram)
    slowest: list[tuple[float, int]] = field(default_factory=list)          # latency, index of the request
    slices: RawSlices | None = None        # only after the run has ended
    own: GeneratorUsage = field(default_factory=GeneratorUsage)
    response_bytes: int = 0             # size of the largest response, head and body, as far as sizes are known
    spans_made: int = 0
    spans_acked: int = 0
    outcomes: list[Outcomes] = field(default_factory=list)      # by process; only with client spans, after the end

    @property
    def in_flight(self) -> int:
        return sum(self.sent) - self.successful - self.failed

    def as_json(self) -> dict[str, Any]:
        own = self.own
        return {
            "sent": self.sent, "successful": self.successful, "failed": self.failed, "queued": self.queued,
            "resent": self.resent, "notes": self.notes,
            "warmup": self.warmup, "warmup_failed": self.warmup_failed, "last": self.last, "interrupted": self.interrupted,
            "errors": self.errors, "statuses": self.statuses, "by_request": self.by_request,
            "latency": self.latency.as_json(), "service": self.service.as_json(),
            "slowest": self.slowest, "slices": self.slices.as_json() if self.slices else None,
            "own": [own.cpu_s, own.cpu_share, own.gc_s, own.rss, own.machine_busy, own.machine_share, own.late.as_json()],
            "response_bytes": self.response_bytes, "spans_made": self.spans_made, "spans_acked": self.spans_acked,
            "outcomes": [part.as_json() for part in self.outcomes],
        }

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> "Counts":
        cpu_s, cpu_share, gc_s, rss, busy, share, late = value["own"]
        return cls(**{**value,
            "errors": Counter(value["errors"]),
            "statuses": _statuses(value["statuses"]),
            "by_request": {name: (good, bad) for name, (good, bad) in value["by_request"].items()},
            "latency": Histogram.read(value["latency"]), "service": Histogram.read(value["service"]),
            "slowest": [(latency, index) for latency, index in value["slowest"]],
            "slices": RawSlices.read(value["slices"]) if value["slices"] else None,
            "own": GeneratorUsage(cpu_s, cpu_share, gc_s, rss, Histogram.read(late), busy, share),
            "outcomes": [Outcomes.read(part) for part in value["outcomes"]],
        })


def _statuses(value: Mapping[str, int]) -> Counter[int]:
    return Counter({int(status): count for status, count in value.items()})


def merged(counts: Iterable[Counts]) -> Counts:
    """The sum over all processes of a run; exact, since their histograms have the same bucket edges."""
    first, *others = counts
    if not others:
        return first
    whole = Counts([])
    for one in (first, *others):
        whole.sent += one.sent
        whole.outcomes += one.outcomes
        for name in ("successful", "failed", "queued", "resent", "warmup", "warmup_failed", "spans_made", "spans_acked"):
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
        whole.last = max(whole.last, one.last)
        whole.response_bytes = max(whole.response_bytes, one.response_bytes)
        whole.interrupted |= one.interrupted
        whole.errors += one.errors
        whole.notes = {**one.notes, **whole.notes}
        whole.statuses += one.statuses
        for name, (good, bad) in one.by_request.items():
            known = whole.by_request.get(name, (0, 0))
            whole.by_request[name] = known[0] + good, known[1] + bad
        whole.latency.merge(one.latency)
        whole.service.merge(one.service)
        whole.slowest = sorted([*whole.slowest, *one.slowest], reverse=True)[:SLOWEST]
        if one.slices:
            whole.slices = whole.slices or RawSlices(one.slices.width)
            whole.slices.add(one.slices)
        _add(whole.own, one.own)
    return whole


def _add(whole: GeneratorUsage, one: GeneratorUsage) -> None:
    whole.cpu_s += one.cpu_s
    whole.cpu_share = max(whole.cpu_share, one.cpu_share)
    whole.gc_s += one.gc_s
    whole.rss += one.rss
    whole.machine_busy = max(whole.machine_busy, one.machine_busy)
    whole.machine_share += one.machine_share
    whole.late.merge(one.late)
