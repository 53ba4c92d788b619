"""Read me first: a lab is a few components, a target is a place where they can live, a step yields notes.

Every target offers the same verbs and nothing above `labctl.targets` asks which one it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

Notes = Iterator[str]                   # what a step says while it works; the last note is its result

TRACE = ("POST /predict", "validate_input", "model_inference", "format_response")
"""The spans that the service makes of one successful request; the caller's own client span is the root above them."""

METRICS = (
    "http_requests_total", "predictions_total", "errors_total", "prediction_latency_ms", "request_duration_ms", "active_requests",
)
"""The metrics that the service makes, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a lab listens on 127.0.0.1, the same on every target."""

    service: int = 9002
    viewer: int = 9003
    viewer_grpc: int = 9004
    otlp_grpc: int = 4317
    otlp_http: int = 4318
    collector_metrics: int = 8888
    collector_health: int = 13133


@dataclass(frozen=True, slots=True)
class LabSpec:
    """The whole lab as data: what `up` makes true."""

    name: str
    project: Path                       # holds service/, manifests/ and the kind file
    state: Path                         # logs, the viewer's store; only makes things faster, or is looked at later
    ports: Ports
    service_env: Mapping[str, str]      # the service's own settings; what is absent has the service's default
    viewer_max_bytes: int
    viewer_max_age_s: int
    cluster: str = ""                   # kind's name for it; empty: the one where the lab is found, else one by the lab's name
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """One component as it was seen just now."""

    name: str
    state: str                          # ready | starting | failed | absent
    detail: str = ""                    # what was last seen, or what kind of thing it is
    endpoints: Mapping[str, str] = field(default_factory=dict)
    pid: int | None = None
    started: float | None = None        # Unix seconds
    pod: str = ""                       # where there are pods: its name, its container's image,
    image: str = ""
    restarts: int = 0                   # how often that was started anew, and why the last time
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "endpoints": dict(self.endpoints)}


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Base URLs of a lab that stands, as this machine reaches them; `passing` names those that last as long as this process."""

    service: str
    viewer: str
    otlp_grpc: str
    otlp_http: str
    collector_metrics: str
    collector_health: str
    passing: frozenset[str] = frozenset()

    def as_json(self) -> dict[str, str]:
        """Where others can reach the lab too."""
        found = {
            "service": self.service, "viewer": self.viewer,
            "otlp_grpc": self.otlp_grpc, "otlp_http": self.otlp_http,
        }
        return {name: url for name, url in found.items() if name not in self.passing}


@dataclass(frozen=True, slots=True)
class LogLine:
    component: str
    at: float | None                    # Unix seconds, where the line carries a time
    text: str


@dataclass(frozen=True, slots=True)
class LogQuery:
    components: Sequence[str]
    follow: bool = False
    since: float | None = None          # Unix seconds
    tail: int | None = None             # so many of each component's last lines, before what comes
    previous: bool = False              # of the run before this one, where a container was restarted


@dataclass(frozen=True, slots=True)
class Usage:
    """What a component takes, against its limits."""

    component: str
    cpu: float | None                   # cores; None: not measured yet
    cpu_limit: float | None
    memory: int | None                  # bytes, the working set
    memory_limit: float | None
    throttled: float | None             # share of the scheduler's periods in which it was held back; None: not told

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Route:
    component: str
    local: int                          # on 127.0.0.1; 0: any free port
    remote: int                         # the component's own


@dataclass(frozen=True, slots=True)
class Work:
    """Something that went on while the lab came up, beside the steps or within one. Unix nanoseconds."""

    name: str
    start_ns: int
    end_ns: int


class Forwarding(Protocol):
    """A port of this machine that leads to a component, until it is closed."""

    @property
    def port(self) -> int: ...
    def close(self) -> None: ...


PORTS = {
    "service": {9000: "service"},
    "viewer": {9003: "viewer", 9004: "viewer_grpc"},
    "collector": {4317: "otlp_grpc", 4318: "otlp_http", 8888: "collector_metrics", 13133: "collector_health"},
}
"""What each component listens on where it has an address of its own, and what the same is called in `Ports`."""


class Target(Protocol):
    """A place where a lab can live: a name, what `up` and `down` do there, and how it is looked at."""

    @property
    def name(self) -> str: ...
    def exists(self) -> bool:
        """Whether anything of this lab is there, found by its token or label and never by remembered state.

        Raises Refused where it stood when it was last seen and that cannot be told now.
        """
    def lacks(self) -> str:
        """What this machine would have to get before a lab can live here; empty when nothing."""
    def check(self) -> Notes:
        """What the machine must have. Raises Refused before anything is changed."""
    def provision(self) -> Notes:
        """The place itself: a folder here, a cluster there."""
    def publish(self) -> Notes:
        """The service's image, where the place needs one."""
    def deploy(self) -> Notes:
        """Make what runs equal to the spec; touch only what differs."""
    def ready(self, patience_s: float) -> Notes:
        """Wait until every component answers. Raises NotReady with what was last seen."""
    def health(self) -> list[Health]: ...
    def endpoints(self) -> Endpoints:
        """Of the lab that stands, which may have other ports than the settings of now."""
    def work(self) -> Sequence[Work]:
        """What this `up` did beside its steps, for its trace."""
    def logs(self, query: LogQuery) -> Iterator[LogLine]: ...
    def usage(self) -> Iterator[list[Usage]]:
        """One look after another, as fast as they are asked for; throttling counts from the look before."""
    def published(self, route: Route) -> bool:
        """Whether that very port of this machine leads to the component already."""
    def forward(self, route: Route) -> Forwarding: ...
    def kubeconfig(self, *, merge: bool) -> Path:
        """The lab's own, or with `merge` the user's, to which it was added. Raises LabError where there is no cluster."""
    def destroy(self) -> Notes:
        """Remove everything and prove it; idempotent."""


@dataclass(frozen=True, slots=True)
class Lab:
    spec: LabSpec
    target: Target
    patience_s: float = 30.0
