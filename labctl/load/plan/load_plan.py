"""What a run sends, where and when: one value, made once and read by every later stage.

Subtle: the figures that several stages need, such as the number of requests and the length, are computed when a plan is made,
and again by `dataclasses.replace`.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Final

from labctl.load.plan.stages import Stage, area, times_at
from labctl.switches.sampling import Policy, Where, policy

ROUND_ROBIN: Final = "round-robin"
LAST_USED: Final = "last-used"
_FUZZ: Final = 1e-9                     # of a request: rounding error of a sum of binary fractions


@dataclass(frozen=True, slots=True)
class Request:
    """One kind of request in a run's pool."""

    name: str
    method: str = "POST"
    path: str = ""                   # path and query; empty: that of the plan's URL
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    body: bytes = b'{"features": [0.5, 1.5, 2.0]}'
    weight: int = 1
    expect: Sequence[tuple[int, int]] = ((200, 399),)   # ranges of statuses, both ends included, that count as success


@dataclass(frozen=True, slots=True)
class LoadPlan:
    url: str
    method: str = "POST"
    body: bytes = b'{"features": [0.5, 1.5, 2.0]}'
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    requests: int | None = 500       # None: until `duration_s`
    duration_s: float | None = None
    concurrency: int = 10
    rps: float | None = None         # in total (the mean of stages or offsets); None: a closed loop
    timeout_s: float = 10.0
    run_id: str = ""                 # 16 hex digits: the first half of every trace id of this run
    otlp: str | None = None          # http://127.0.0.1:4318, where client spans go; None: no telemetry is sent
    sampling: str = ""               # the lab's --sampling; empty: every trace is kept
    pool: Sequence[Request] = ()     # empty: one kind of request, from method, headers and body above
    stages: Sequence[Stage] = ()     # an open schedule whose rate changes; empty: constant at `rps`
    arrivals: str = "constant"       # constant | poisson
    burst: int = 1                   # requests that are due at the same time; the rate of requests stays the same
    offsets: Sequence[float] = ()    # replay: seconds from the start, in order; replaces stages and rps
    seed: int = 0                    # of the Poisson arrivals
    warmup_s: float = 0.0            # requests due within it are sent and counted, but not in the latency figures
    processes: int = 1
    insecure: bool = False           # https: skip the verification of the server's certificate
    cert: str | None = None          # paths of PEM files: the client's own certificate, and its key if not in the same file
    key: str | None = None
    connections: str = ROUND_ROBIN   # which of the idle ones an open schedule uses next: ROUND_ROBIN | LAST_USED
    unix: str | None = None          # path of a Unix socket to connect to, instead of the URL's host and port
    slices_s: float = 1.0            # width of the timeline's first slices; they are merged in pairs beyond 300

    planned: int | None = field(init=False, compare=False)      # requests in all; None: as many as there is time for
    length_s: float | None = field(init=False, compare=False)   # nothing is due after it; None: ended by a number
    spread_s: float | None = field(init=False, compare=False)   # the requests are spread over it, up to one more's due time
    peak_rps: float | None = field(init=False, compare=False)   # the highest planned rate; None: a closed loop

    def __post_init__(self) -> None:
        for name, value in (
            ("planned", _planned(self)), ("length_s", _length(self)), ("spread_s", None), ("peak_rps", _peak(self)),
        ):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "spread_s", _spread(self))

    @property
    def policy(self) -> Policy | None:
        """Which traces the lab keeps; None: every one."""
        return policy(self.sampling) if self.sampling else None

    @property
    def sampled_from(self) -> int:
        """A request's traceparent says sampled where the last 56 bits of its trace id are at or above this."""
        decided = self.policy
        return decided.threshold if decided and decided.where is Where.HEAD else 0

    @property
    def mean_rps(self) -> float | None:
        """Requests per second that are planned, on average; None: a closed loop."""
        if not (self.stages or self.offsets):
            return self.rps
        return (self.planned or 0) / self.spread_s if self.spread_s else 0.0


def _planned(plan: LoadPlan) -> int | None:
    """How many requests are due before the plan's end, at most `requests`."""
    within = _within(plan)
    if within is None or plan.requests is None:
        return plan.requests if within is None else within
    return min(within, plan.requests)


def _length(plan: LoadPlan) -> float | None:
    if plan.offsets:
        return plan.offsets[-1]
    return sum(stage.seconds for stage in plan.stages) if plan.stages else plan.duration_s


def _peak(plan: LoadPlan) -> float | None:
    return max((max(stage.from_rps, stage.to_rps) for stage in plan.stages), default=plan.rps)


def _spread(plan: LoadPlan) -> float | None:
    if plan.offsets:
        last = plan.offsets[min(plan.planned or 0, len(plan.offsets) - 1)]
        return last if plan.duration_s is None else min(last, plan.duration_s)
    if plan.planned is not None and plan.stages and plan.planned < area(plan.stages):
        return next(times_at(plan.stages, iter([float(plan.planned)])))
    if plan.stages:
        return plan.length_s
    return plan.planned / plan.rps if plan.planned is not None and plan.rps else plan.duration_s


def _within(plan: LoadPlan) -> int | None:
    """How many requests are due within the plan's duration; None without one."""
    if plan.offsets:
        return len(plan.offsets) if plan.duration_s is None else bisect_left(plan.offsets, plan.duration_s)
    if plan.stages:
        return max(ceil(area(plan.stages) - _FUZZ), 0)
    return None if plan.rps is None or plan.duration_s is None else _before(plan.rps, plan.duration_s)


def _before(rps: float, duration_s: float) -> int:
    """How many of 0, 1/rps, 2/rps, … lie before `duration_s`; the loops correct the division's rounding errors."""
    number = ceil(rps * duration_s)
    while number and (number - 1) / rps >= duration_s:
        number -= 1
    while number / rps < duration_s:
        number += 1
    return number
