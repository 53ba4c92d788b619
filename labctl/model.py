"""Read me first: a lab is a few components, a target is where they run, a step yields notes.

Every target offers the same verbs and nothing above `labctl.targets` asks which one it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from labctl import components
from labctl.changes import LabChange

if TYPE_CHECKING:                       # what only a few commands need
    from labctl.description import Description
    from labctl.findings import Finding

Notes = Iterator[str]                   # what a step says while it works; the last note is its result


class Unchanged(str):
    """A step's result that says there was nothing to change."""

    __slots__ = ()


TRACE = ("POST /predict", "validate_input", "model_inference", "format_response")
"""The spans that the service makes of one successful request; the caller's own client span is the root above them."""

METRICS = (
    "http_requests_total", "predictions_total", "errors_total", "prediction_latency_ms", "request_duration_ms", "active_requests",
)
"""The metrics that the service makes, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class SwitchParts:
    """What the switches that are on give the components where they are plain processes."""

    configs: Mapping[str, str] = field(default_factory=dict)    # whole files, by their keys; of others the manifest's own text
    env: Mapping[str, Mapping[str, str]] = field(default_factory=dict)          # by component
    arguments: Mapping[str, Sequence[str]] = field(default_factory=dict)        # the same, further ones
    argument_values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)     # the same, of its words FLAG=VALUE


@dataclass(frozen=True, slots=True)
class LabSpec:
    """The whole lab as data: what `up` makes true."""

    name: str
    project: Path                       # holds service/, manifests/ and the kind file
    state: Path                         # logs, the viewer's store; only makes things faster, or is looked at later
    ports: Mapping[str, int]            # by endpoint, on 127.0.0.1
    service_env: Mapping[str, str]      # the service's own settings; what is absent has the service's default
    viewer_max_bytes: int
    viewer_max_age_s: int
    cluster: str = ""                   # kind's name for it; empty: the one where the lab is found, else one by the lab's name
    namespace: str = ""
    service_env_from: Mapping[str, str] = field(default_factory=dict)   # flag, environment or .env, by setting
    overrides: Mapping[str, str] = field(default_factory=dict)      # of the manifests, given anew; "" takes a recorded one back
    switches: Mapping[str, str] = field(default_factory=dict)       # given anew; "off" takes a recorded one back
    parts: SwitchParts = field(default_factory=SwitchParts)         # of these and the recorded ones; a target fills them in
    changes: Sequence[LabChange] = ()   # of what the project says, made by `deploy` and taken back by one without them
    changes_note: str = ""              # kept with them where the target has a place for it

    @property
    def used_ports(self) -> dict[str, int]:
        """Of the components that it has with its switches."""
        used = [port.name for component in components.of(self.switches) for port in component.ports]
        return {name: port for name, port in self.ports.items() if name in used}


class State(StrEnum):
    """Of one component."""

    READY = "ready"
    STARTING = "starting"
    DEGRADED = "degraded"               # it runs, or could, but something that it needs is missing
    FAILED = "failed"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Health:
    """One component as it was seen just now."""

    name: str
    state: State
    detail: str = ""                    # the last thing seen, what is missing, or which implementation it is
    endpoints: Mapping[str, str] = field(default_factory=dict)
    pid: int | None = None
    started: float | None = None        # Unix seconds
    pod: str = ""                       # where there are pods: its name, its container's image,
    image: str = ""
    restarts: int = 0                   # of its containers, and the reason of the last one
    reason: str = ""
    hint: str = ""                      # the command that fixes it, where the state is not READY

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "endpoints": dict(self.endpoints)}


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Base URLs of a running lab by endpoint, as this machine reaches them; `temporary` ones last as long as this process."""

    urls: Mapping[str, str]
    temporary: frozenset[str] = frozenset()

    def __getitem__(self, port: str) -> str:
        return self.urls[port]

    @property
    def service(self) -> str:
        return self["service"]

    @property
    def viewer(self) -> str:
        return self["viewer"]

    @property
    def otlp_http(self) -> str:
        return self["otlp_http"]

    @property
    def collector_metrics(self) -> str:
        return self["collector_metrics"]

    def as_json(self) -> dict[str, str]:
        """What people use, where others can reach it too."""
        shown = [port.name for _, port in components.ports() if port.label]
        return {name: self.urls[name] for name in shown if name in self.urls and name not in self.temporary}


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
    tail: int | None = None             # only each component's last lines
    previous: bool = False              # from before the last restart


@dataclass(frozen=True, slots=True)
class Usage:
    """What a component uses, against its limits."""

    component: str
    cpu: float | None                   # cores; None: not measured yet
    cpu_limit: float | None
    memory: int | None                  # bytes, the working set
    memory_limit: float | None
    throttled: float | None             # share of the scheduler's periods in which it was throttled; None: unknown
    pods: int | None = None             # of it that are ready; None: it runs in none

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Expected:
    """What `labctl up` would give a component now, by the settings and the project's files."""

    env: Mapping[str, str] = field(default_factory=dict)
    config: str = ""
    arguments: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ObservedComponent:
    """One component as it runs, for the diagnosis. No secret's value is in here (`labctl.redaction`)."""

    health: Health
    env: Mapping[str, str] = field(default_factory=dict)    # of its process or container
    config: str = ""                    # the text of the configuration file that it was given
    arguments: Sequence[str] = ()       # of its command line
    expected: Expected | None = None    # None: unknown, or another component's process serves its ports
    given: Mapping[str, str] | None = None      # settings that the last `up` was given, with their source; None: unknown
    log: Sequence[LogLine] = ()         # its last lines
    previous_log: Sequence[LogLine] = ()    # the last lines from before its restart
    usage: Usage | None = None          # over about a second

    @property
    def name(self) -> str:
        return self.health.name


@dataclass(frozen=True, slots=True)
class Observation:
    """A running lab as its target sees it, gathered once: the same shape for every target."""

    components: Mapping[str, ObservedComponent]
    findings: "Sequence[Finding]" = ()  # of the target's own rules, which look at what only this target has
    examined: Sequence[str] = ()        # what those rules looked at
    failed: Sequence[str] = ()          # what could not be gathered, and why
    switches: Mapping[str, str] = field(default_factory=dict)       # that are on


@dataclass(frozen=True, slots=True)
class Route:
    component: str
    local: int                          # on 127.0.0.1; 0: any free port
    remote: int                         # the component's own


@dataclass(frozen=True, slots=True)
class Command:
    """A command that is run where a component runs: in its container, or with its process's environment and folder."""

    component: str
    argv: Sequence[str]
    stdin: bool = False                 # ours is passed on; else it reads nothing
    tty: bool = False                   # it gets a terminal


@dataclass(frozen=True, slots=True)
class CommandOutput:
    code: int
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True, slots=True)
class Peer:
    """Something that the service connects to, as it is named from where the service runs; `host` "": its setting's."""

    name: str
    host: str = ""
    port: int = 0


@dataclass(frozen=True, slots=True)
class Work:
    """Work that ran during `up`, within a step or in parallel with it. Unix nanoseconds."""

    name: str
    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class TextChange:
    """A file, an object or an environment without and with the switches."""

    name: str
    before: str
    after: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Forwarding(Protocol):
    """A local port that is forwarded to a component until it is closed."""

    @property
    def port(self) -> int: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Repair:
    """What `doctor --fix` did, or left alone."""

    what: str                           # as a sentence where it was done
    done: bool
    why: str = ""                       # it was not done, and who can do it

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a target needs of this machine, and what was found."""

    name: str
    ok: bool
    found: str
    why: str                            # what it is for
    hint: str                           # the line that gets it


@dataclass(frozen=True, slots=True)
class PortHolder:
    """Who has a port of this machine, where a target can say more than the process's name."""

    name: str                           # such as `the kind cluster mcp-cluster`
    hint: str                           # the line that frees the port


class PolicyState(StrEnum):
    """Whether NetworkPolicies have an effect in a cluster."""

    ENFORCED = "enforced"
    NOT_ENFORCED = "not enforced"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class HeldFiles:
    """Of certificates or a token, as one holder is given them."""

    holder: str                         # a component, `labctl`, or `token`
    where: str                          # the folder or the Secret
    files: Mapping[str, bytes] = field(repr=False)      # by name; secret


class Target(Protocol):
    """Where a lab can run: what `up` and `down` do there, and how it is observed."""

    @property
    def name(self) -> str: ...
    def exists(self) -> bool:
        """Whether anything of this lab exists, found by its token or label and never from state on disk.

        Raises Refused where it ran when last seen and that cannot be checked now.
        """
    def lacks(self) -> str:
        """What is missing on this machine for this target; empty when nothing is."""
    def requirements(self) -> Iterator[Requirement]:
        """What it needs of this machine beyond Python, ports and disk, each with what was found."""
    def repairs(self) -> Iterator[Repair]:
        """Put right what is safe to: remains of labs that nobody can be using. Each says what was done, or why not."""
    def check(self) -> Notes:
        """Check the requirements. Raises Refused before anything is changed."""
    def provision(self) -> Notes:
        """Create what the components run in: the state folder, or the cluster."""
    def publish(self) -> Notes:
        """Deliver the images, where the target needs any."""
    def deploy(self) -> Notes:
        """Make what runs equal to the spec; touch only what differs."""
    def ready(self, patience_s: float) -> Notes:
        """Wait until every component answers. Raises NotReady with what was last seen."""
    def health(self) -> list[Health]: ...
    def endpoints(self) -> Endpoints:
        """Of the running lab, whose ports may differ from the present settings."""
    def overrides(self) -> Mapping[str, str]:
        """Those of the manifests that the running lab has recorded: an `up` without flags keeps them."""
    @property
    def namespace(self) -> str:
        """Of the cluster's names that certificates are for; without a cluster the lab's own name."""
    def renew_credentials(self, restart: Sequence[str] = ()) -> Notes:
        """Bring the state folder's certificates and token to the running components, and wait until they can read them.

        Those to restart read some of them only when they start; what they hold is sent first.
        """
    def credentials(self) -> Sequence[HeldFiles]:
        """The files of certificates and the token that the running components are given, and labctl's own."""
    def switches(self) -> Mapping[str, str]:
        """Those that the running lab has recorded: an `up` without flags keeps them."""
    def fetched(self) -> Mapping[str, str]:
        """Where the switch --export offers telemetry for others to fetch, by destination: `prometheus`, `file`."""
    def without_effect(self, switches: Mapping[str, str]) -> Mapping[str, str]:
        """Those of the switches that change nothing on this target, and why."""
    def explain(self) -> Sequence[TextChange]:
        """What the spec's switches would change of the running lab, or of one without any; nothing is done."""
    def network_policies(self) -> PolicyState | None:
        """None where it has no such thing."""
    def as_it_runs(self) -> LabSpec:
        """The spec with the ports and the service's settings of the running lab, which may differ from the present ones."""
    def changes_note(self) -> str:
        """What says that changes are made in it now, whatever the state folder says: the spec's note, or why that is unknown."""
    def cannot(self, change: LabChange) -> str:
        """Why it cannot make this change of the lab; empty when it can."""
    def work(self) -> Sequence[Work]:
        """What this `up` did within and beside its steps, for its trace."""
    def started(self) -> Mapping[str, int]:
        """The components that this `up` has started anew, and when, in Unix nanoseconds."""
    def logs(self, query: LogQuery) -> Iterator[LogLine]: ...
    def usage(self) -> Iterator[list[Usage]]:
        """One sample for each `next`; throttling is measured since the sample before."""
    def observe(self) -> Observation:
        """All that the diagnosis looks at here, gathered once, in about two seconds. What cannot be gathered is said in it."""
    def describe(self, component: str) -> "Description":
        """All that a person wants to know of one component."""
    def execute(self, command: Command) -> int:
        """Run it on this terminal; its exit code. Raises LabError where it cannot be started."""
    def output_of(self, command: Command, timeout_s: float) -> CommandOutput:
        """Run it for its output. Raises NotReady when it takes longer than `timeout_s`."""
    def peers(self) -> Sequence[Peer]:
        """What the service has to reach, and under which names."""
    def published(self, route: Route) -> bool:
        """Whether that local port leads to the component already."""
    def forward(self, route: Route) -> Forwarding:
        """Also to a port that is not in the table of components. Raises LabError where the component does not listen on it."""
    def kubeconfig(self, *, merge: bool) -> Path:
        """The lab's own, or with `merge` the user's, to which it was added. Raises LabError where there is no cluster."""
    def destroy(self) -> Notes:
        """Remove everything and prove it; idempotent."""


@dataclass(frozen=True, slots=True)
class Lab:
    spec: LabSpec
    target: Target
    patience_s: float = 30.0
