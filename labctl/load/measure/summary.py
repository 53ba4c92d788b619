"""The figures of a load run, while it runs (`Snapshot`) and when it has ended (`Summary`): values for the screen and for JSON.

All times are milliseconds unless a name says otherwise. `latency` counts from when a request was due, `service time` from when
it was sent; in a closed loop (no rate) a request is due when its worker is free, so the two differ only by the generator's own
delay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from labctl.load.measure.outcomes import Outcomes
from labctl.telemetry.statistics.confidence import FIGURES, SHARES, too_few

ANSWERED: Final = "http "             # prefix of the failures with an answer: "http 503"


def status_name(status: int) -> str:
    """`http 503`: the name of the failure that an unexpected status is."""
    return f"{ANSWERED}{status:03d}"


@dataclass(frozen=True, slots=True)
class Bucket:
    from_ms: float
    to_ms: float
    count: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """Without a successful request the count is 0 and the other figures mean nothing."""

    count: int = 0
    min: float = 0.0
    mean: float = 0.0
    p50: float = 0.0
    p90: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    p99_9: float = 0.0
    max: float = 0.0

    def figure(self, name: str) -> float | None:
        """`min`, `mean`, `p50` … `p99.9` or `max`; None where there are too few samples for it."""
        if not self.count or (name in SHARES and too_few(self.count, SHARES[name])):
            return None
        return float(getattr(self, name.replace(".", "_")))

    def as_json(self) -> dict[str, float | None]:
        return {name.replace(".", "_"): self.figure(name) for name in FIGURES}


@dataclass(frozen=True, slots=True)
class Slow:
    trace_id: str
    latency_ms: float
    sampled_out: bool = False           # by the lab: its trace is not in the viewer


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice of the run; a request belongs to the slice in which it was due, only `answered` counts by when answers came."""

    start_s: float
    planned: int                     # requests due in it
    sent: int
    successful: int
    failed: int
    p50_ms: float                    # of successful ones; 0 where there is none
    p99_ms: float
    answered: int                    # answers that came in it, whenever they were due
    counts: Mapping[int, int]        # column of the heatmap: index into Timeline.edges_ms → successful requests
    errors: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Timeline:
    slice_s: float
    edges_ms: Sequence[float]        # heatmap rows: bucket k holds [edges_ms[k], edges_ms[k+1]); log-spaced, fixed
    slices: Sequence[Slice]


@dataclass(frozen=True, slots=True)
class Generator:
    """What the generator measured of itself."""

    cpu_s: float                     # of all its processes
    cpu_share: float                 # of one core, over the run
    late_p50_ms: float               # how long after its due time a request was sent although a worker was free
    late_p99_ms: float
    late_max_ms: float
    gc_ms: float                     # total pause by garbage collection
    peak_rss: int                    # bytes, of its processes together
    machine_busy: float = 0.0        # share of all cores that were busy during the run; 0: unknown
    machine_share: float = 0.0       # share of all cores that the generator used


class _Judged:
    """What a run's thresholds are judged by."""

    __slots__ = ()
    failed: int
    warmup_failed: int
    latency: Distribution

    @property
    def measured(self) -> tuple[int, int]:
        """Failed and finished requests that were due after the warm-up."""
        failed = self.failed - self.warmup_failed
        return failed, self.latency.count + failed


@dataclass(frozen=True, slots=True)
class Snapshot(_Judged):
    """The state of a run that is under way, a few times a second."""

    elapsed_s: float
    planned: int                     # requests in all; 0 when bounded by time alone
    sent: int
    successful: int
    failed: int
    in_flight: int
    rate: float                      # answers per second over the run so far
    target_rate: float | None
    latency: Distribution
    histogram: Sequence[Bucket]
    errors: Mapping[str, int]        # kind ("http 503", "connection refused", "timeout", …) → count
    warmup_failed: int = 0           # of the failed ones
    pods: int | None = None          # of the service that are ready, where their number may change


@dataclass(frozen=True, slots=True)
class Summary(_Judged):
    run_id: str
    url: str
    concurrency: int
    planned: int
    sent: int
    successful: int
    failed: int
    unfinished: int                  # sent, no answer when the run was stopped
    dropped: int                     # planned, never sent (stopped before)
    errors: Mapping[str, int]
    statuses: Mapping[int, int]      # HTTP status → count, of every answer
    duration_s: float                # from the first due time to the last answer
    rate: float                      # answers per second
    target_rate: float | None
    latency: Distribution            # of successful requests
    service_time: Distribution
    histogram: Sequence[Bucket]
    slowest: Sequence[Slow]          # the ten with the highest latency
    interrupted: bool
    spans_made: int = 0              # client spans: made, and acknowledged by the receiver
    spans_acked: int = 0
    queued: int = 0                  # requests that were due while every worker was busy
    warmup: int = 0                  # sent requests that were due within the warm-up: not in the latency figures, not judged
    warmup_failed: int = 0           # of the failed ones
    by_request: Mapping[str, Mapping[str, int]] = field(default_factory=dict)   # name in the pool → successful, failed
    timeline: Timeline | None = None
    generator: Generator | None = None
    quantiles: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # "p99" → 95 % confidence interval, ms
    sent_by: Sequence[int] = ()      # by process
    resent: int = 0                  # sent once more on a new connection, after a stale one
    notes: Mapping[str, str] = field(default_factory=dict)  # the first detail of a status or failure: a redirect's target, …
    server_speaks: str = ""          # "TLS", "HTTP/2" or "PROXY protocol", where detected instead of HTTP/1.1
    response_bytes: int = 0          # size of the largest response, head and body; 0: unknown
    outcomes: Sequence[Outcomes] = ()   # by process, for the ledger alone: not kept in files
    started: float = 0.0             # when the first request was due, on this machine's monotonic clock: not kept in files

    def as_json(self) -> dict[str, Any]:
        """A run's figures in `labctl load -o json`; a figure of no samples, or of too few, is null."""
        return {
            "run_id": self.run_id, "url": self.url, "concurrency": self.concurrency, "interrupted": self.interrupted,
            "requests": {
                "planned": self.planned, "sent": self.sent,
                "total": self.sent,     # named as in the tutorial
                "successful": self.successful, "failed": self.failed, "unfinished": self.unfinished, "dropped": self.dropped,
                "queued": self.queued, "resent": self.resent, "warmup": self.warmup, "warmup_failed": self.warmup_failed,
                "errors": dict(self.errors),
                "statuses": {str(status): count for status, count in self.statuses.items()},
                "notes": dict(self.notes),
            },
            "server_speaks": self.server_speaks or None, "response_bytes": self.response_bytes or None,
            "duration_s": self.duration_s, "rate": self.rate, "target_rate": self.target_rate,
            "latency_ms": self.latency.as_json(), "service_time_ms": self.service_time.as_json(),
            "latency_interval_ms": {name: self.quantiles.get(name) for name in SHARES},
            "histogram": [asdict(bucket) for bucket in self.histogram],
            "slowest": [asdict(slow) for slow in self.slowest],
            "spans": {"made": self.spans_made, "acknowledged": self.spans_acked},
            "by_request": {name: dict(counts) for name, counts in self.by_request.items()},
            "generator": asdict(self.generator) if self.generator else None,
            "timeline": asdict(self.timeline) if self.timeline else None,
        }
