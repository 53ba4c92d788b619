"""What a run sends, where and when: one value, made once, that every later stage reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

ROUND_ROBIN: Final = "round-robin"
LAST_USED: Final = "last-used"


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
class Stage:
    """A piece of an open schedule: the rate goes in a straight line from one to the other."""

    seconds: float
    from_rps: float
    to_rps: float


@dataclass(frozen=True, slots=True)
class LoadPlan:
    url: str
    method: str = "POST"
    body: bytes = b'{"features": [0.5, 1.5, 2.0]}'
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    requests: int | None = 500       # None: until `duration_s`
    duration_s: float | None = None
    concurrency: int = 10
    rps: float | None = None         # in total, of stages and offsets the mean; None: a closed loop
    timeout_s: float = 10.0
    run_id: str = ""                 # 16 hex digits: the first half of every trace id of this run
    otlp: str | None = None          # http://127.0.0.1:4318, where client spans go; None: no telemetry is sent
    pool: Sequence[Request] = ()     # empty: one kind of request, from method, headers and body above
    stages: Sequence[Stage] = ()     # an open schedule whose rate changes; empty: constant at `rps`
    arrivals: str = "constant"       # constant | poisson
    burst: int = 1                   # so many hits are due at once, at a rate of bursts that keeps the rate of hits
    offsets: Sequence[float] = ()    # replay: seconds from the start, in order; replaces stages and rps
    seed: int = 0                    # of the Poisson arrivals
    warmup_s: float = 0.0            # hits due within it are sent and counted, but not in any figure of time
    processes: int = 1
    insecure: bool = False           # https: skip the verification of the server's certificate
    cert: str | None = None          # paths of PEM files: the client's own certificate, and its key if not in the same file
    key: str | None = None
    connections: str = ROUND_ROBIN   # which of the idle ones an open schedule uses next: ROUND_ROBIN | LAST_USED
    unix: str | None = None          # path of a Unix socket to connect to, instead of the URL's host and port
    slices_s: float = 1.0            # width of the timeline's first slices; they are merged in pairs beyond 300
