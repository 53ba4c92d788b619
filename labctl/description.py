"""One component as `labctl describe` shows it: the same shape for processes and for pods. No secret's value is in here."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Replica:
    """A pod or a process of the component."""

    name: str                           # the pod's name, or `pid 4711`
    state: str                          # as its target says it: Running, Pending, sleeping
    ready: bool
    started: float | None = None        # Unix seconds
    restarts: int = 0
    reason: str = ""                    # of the last restart


@dataclass(frozen=True, slots=True)
class Resource:
    """A limit or a request, as its target writes it: `limits.cpu`, `500m`."""

    name: str
    value: str
    override: bool                      # set with `labctl up --set`, else by the manifests


@dataclass(frozen=True, slots=True)
class PortInUse:
    """A port that the component listens on, and how it is reached."""

    name: str
    number: int
    url: str = ""                       # on this machine
    service: str = ""                   # the Service that leads to it, where there are Services; or what is wrong with it
    in_cluster: bool = False            # whether `endpoints`, the pods' addresses behind that Service, should have one
    endpoints: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Probe:
    kind: str                           # startup, readiness, liveness; in a lab of processes: health
    what: str                           # such as `GET /ready on port http, every 1 s, fails after 2`


@dataclass(frozen=True, slots=True)
class Mount:
    path: str
    source: str


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event of the cluster about the component."""

    at: float | None                    # Unix seconds, of its last time
    warning: bool
    reason: str
    text: str
    about: str                          # such as `Pod ai-lab-2-2-paid-5d9f`
    count: int = 1


@dataclass(frozen=True, slots=True)
class Description:
    component: str
    state: str                          # as in `labctl status`
    detail: str = ""                    # what was last seen, or what is missing
    hint: str = ""                      # the command that fixes it
    instances: Sequence[Replica] = ()
    image: str = ""
    command: Sequence[str] = ()         # empty: the image's own
    folder: str = ""                    # its working folder; empty: the image's own
    env: Mapping[str, str] = field(default_factory=dict)
    resources: Sequence[Resource] = ()
    no_resources: str = ""              # why it has no limits
    probes: Sequence[Probe] = ()
    ports: Sequence[PortInUse] = ()
    mounts: Sequence[Mount] = ()
    events: Sequence[Occurrence] = ()   # the newest last
    log: Sequence[str] = ()             # its last lines

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
