"""Read me first: a lab is a few components, a target is a place where they can live, a step yields notes.

Every target offers the same verbs and nothing above `labctl.targets` asks which one it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Health:
    """One component as it was seen just now."""

    name: str
    state: str                          # ready | starting | failed | absent
    detail: str = ""                    # what was last seen, or what kind of thing it is
    endpoints: Mapping[str, str] = field(default_factory=dict)
    pid: int | None = None
    started: float | None = None        # Unix seconds

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "state": self.state, "detail": self.detail,
            "endpoints": dict(self.endpoints), "pid": self.pid, "started": self.started,
        }


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Base URLs of a lab that stands, as this machine reaches them."""

    service: str
    viewer: str
    otlp_grpc: str
    otlp_http: str
    collector_metrics: str
    collector_health: str

    def as_json(self) -> dict[str, str]:
        return {
            "service": self.service, "viewer": self.viewer,
            "otlp_grpc": self.otlp_grpc, "otlp_http": self.otlp_http,
        }


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


class Target(Protocol):
    """A place where a lab can live: a name and ten verbs."""

    @property
    def name(self) -> str: ...
    def exists(self) -> bool:
        """Whether anything of this lab is there, found by its token or label and never by remembered state."""
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
    def logs(self, query: LogQuery) -> Iterator[LogLine]: ...
    def destroy(self) -> Notes:
        """Remove everything and prove it; idempotent."""


@dataclass(frozen=True, slots=True)
class Lab:
    spec: LabSpec
    target: Target
    patience_s: float = 30.0
