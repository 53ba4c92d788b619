"""All that the rules look at, gathered once. A part that could not be gathered is None or empty, and named in `failed`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from labctl.components import belonging
from labctl.load.kept_runs import KeptRun
from labctl.model import TRACE, LabSpec, LogLine, Observation, ObservedComponent
from labctl.telemetry.trace import Span, Trace
from labctl.why.collector_metrics import CollectorMetrics

if TYPE_CHECKING:
    from labctl.credentials.inspection import BrokenFile
    from labctl.credentials.listing import Listed

OK = 200
_RECENT_S: Final = 5.0
_RETRIED_S: Final = 1.5                 # an exporter tries again within a second
_SETTLED_S: Final = 20.0                # as long as the service before may take to end


@dataclass(frozen=True, slots=True)
class SentCanary:
    """One request with a trace id of ours, and what arrived of its trace."""

    trace_id: str
    at: float                           # Unix seconds
    status: int | None                  # None: no answer, and `said` is why
    ms: float
    said: str = ""                      # the beginning of an answer that is no success
    refused: str = ""                   # why the collector did not take the client span; "": it did
    waited_s: float = 0.0               # for the trace
    trace: Trace | None = None          # None: nothing of it arrived
    timed_out: bool = False             # no answer came in the time that there was
    unseen: str = ""                    # why nobody knows what arrived; "": the viewer has answered
    hasty: bool = False                 # the answer took so long that there was no time to wait for the trace

    @property
    def spans(self) -> Sequence[Span]:
        return self.trace.spans if self.trace else ()

    @property
    def answered(self) -> bool:
        return self.status == OK

    @property
    def service_spans(self) -> list[Span]:
        return [span for span in self.spans if span.name in TRACE]

    @property
    def client_span_arrived(self) -> bool:
        return any(span.kind == "client" for span in self.spans)

    @property
    def missing(self) -> list[str]:
        """The names of the service's spans that did not arrive, where all should have."""
        names = {span.name for span in self.spans}
        return [name for name in TRACE if name not in names] if self.answered and not self.unseen else []

    @property
    def whole(self) -> bool:
        return self.answered and not self.unseen and not self.missing and self.client_span_arrived


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    health: Mapping[str, Any] | None    # its /health; None: no usable answer
    ready: int | None                   # the status of its /ready
    trouble: str = ""                   # why there is no answer


@dataclass(frozen=True, slots=True)
class CollectorFacts:
    """Its own metrics before and after the canary; empty without an answer."""

    before: CollectorMetrics
    after: CollectorMetrics
    trouble: str = ""

    def grown(self, name: str, **labels: str) -> float:
        """By how much a counter has grown; 0 where that is unknown."""
        if not self.before or not self.after:
            return 0.0
        return max(self.after.total(name, **labels) - self.before.total(name, **labels), 0.0)


@dataclass(frozen=True, slots=True)
class ViewerFacts:
    health: Mapping[str, Any] | None    # its /health; None: no usable answer
    metrics: Sequence[Mapping[str, Any]] = ()       # its /api/metrics: every series, the SDK's own counters among them
    metrics_before: Sequence[Mapping[str, Any]] = ()
    counts: Mapping[str, Any] = field(default_factory=dict)         # its /api/counts, and before the canary
    counts_before: Mapping[str, Any] = field(default_factory=dict)
    trouble: str = ""

    def refused(self) -> int:
        """How many items it has refused since the first look."""
        return _total(self.counts, "refused") - _total(self.counts_before, "refused") if self.counts and self.counts_before else 0


@dataclass(frozen=True, slots=True)
class MachineFacts:
    cores: int
    load: float                         # of the last minute, in processes that run or want to
    busy: float | None                  # share of all cores over about a second
    memory: int                         # bytes
    memory_available: int
    state: Path                         # the folder whose disk is meant
    disk: int
    disk_free: int
    inotify_instances: int | None       # how many a user may have


@dataclass(frozen=True, slots=True)
class PrometheusFacts:
    """What Prometheus says of itself, of those whose metrics it reads, and of Alertmanager."""

    reloaded: bool                      # it could read its configuration and rules when they last changed
    rules: Mapping[str, str] = field(default_factory=dict)      # those that cannot be worked out, with the error
    unread: Mapping[str, str] = field(default_factory=dict)     # by job: why its metrics could not be read for some seconds
    untold: float = 0.0                 # notifications that Alertmanager could not deliver lately
    unwritten: float = 0.0              # writes to its disk that have failed while it was watched
    watched_s: float = 0.0
    used: float = 0.0                   # bytes of its store


@dataclass(frozen=True, slots=True)
class AddonFacts:
    """What the add-ons say of themselves."""

    read_only: bool                     # VictoriaLogs takes no more records, since its disk is full
    free: float                         # bytes on that disk
    used: float = 0.0                   # bytes of its store


@dataclass(frozen=True, slots=True)
class SecurityFacts:
    """Of a lab with --tls. None: the file was not read."""

    certificates: "Sequence[Listed]" = ()       # the lab's own
    service_shows: "Listed | None" = None       # the client certificate that the service was given
    service_is_ours: bool | None = None         # whether a CA of the lab has issued that
    service_trusts: bool | None = None          # whether a CA that it was given has issued the collector's certificate
    broken: "Sequence[BrokenFile]" = ()         # of what the components are given, and labctl has


@dataclass(frozen=True, slots=True)
class Facts:
    at: float                           # Unix seconds
    spec: LabSpec
    observation: Observation
    canary: SentCanary | None = None
    service: ServiceFacts | None = None
    collector: CollectorFacts | None = None
    viewer: ViewerFacts | None = None
    machine: MachineFacts | None = None
    security: SecurityFacts | None = None
    prometheus: PrometheusFacts | None = None       # None: there is none, or it does not answer
    addons: AddonFacts | None = None    # None: there is none that says anything, or it does not answer
    run: KeptRun | None = None          # the latest
    dotenv: Path | None = None          # the `.env` that was read
    failed: Sequence[str] = ()

    def component(self, name: str) -> ObservedComponent | None:
        return self.observation.components.get(name)

    def recent_log(self, component: str, within_s: float = _RECENT_S) -> list[LogLine]:
        """Its lines of the last seconds. Where a trace arrived whole, only those since then: what was before may have passed."""
        found, since = self.component(component), self.at - within_s
        if self.canary and self.canary.whole:
            since = max(since, self.canary.at - (0.0 if self._has_just_begun(self.canary.at) else _RETRIED_S))
        return [line for line in found.log if (line.at or 0.0) > since] if found else []

    def _has_just_begun(self, at: float) -> bool:
        """Whether a component was replaced: those before and after wait for each other, and one log has lines of both."""
        return any(at - (one.health.started or 0.0) < _SETTLED_S for one in self.observation.components.values())

    def log_source(self, component: str) -> str:
        """What to call its log in evidence: where there are pods, by the one whose log it is."""
        found = self.component(component)
        return f"log of pod {found.health.pod}" if found and found.health.pod else f"{belonging(component)} log"

    def env(self, component: str) -> Mapping[str, str]:
        found = self.component(component)
        return found.env if found else {}

    def sdk(self, name: str) -> Iterator[Mapping[str, Any]]:
        """Series of the service's SDK by name, as they have arrived in the viewer."""
        return (one for one in (self.viewer.metrics if self.viewer else ()) if one.get("name") == name)


def _total(counts: Mapping[str, Any], name: str) -> int:
    found = counts.get(name)
    return sum(int(number) for number in found.values()) if isinstance(found, Mapping) else 0
