"""The components as one table: what each is, its ports, its health, how it runs here and what it is in a cluster.

A component (an add-on too) is a row here and its manifests. Targets read this table; nothing above them knows a component's
ports or names from anywhere else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Port:
    """One endpoint of a component. Its setting is LABCTL_<NAME>_PORT."""

    name: str
    default: int                        # on 127.0.0.1 of this machine
    meaning: str                        # for `labctl config`
    label: str = ""                     # for `labctl up` and `status`; empty: an internal endpoint that is not shown
    pod_port: int = 0                   # where the component has an address of its own, if not `default`
    node_port: int = 0                  # published by kind's node; 0: not published
    tls: bool = False                   # https where the switch --tls is on

    @property
    def own(self) -> int:
        """What the component listens on where it has an address of its own."""
        return self.pod_port or self.default

    @property
    def setting(self) -> str:
        return f"LABCTL_{self.name.upper()}_PORT"


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """Answers 200 when the component is ready."""

    port: str
    path: str


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A file that a process is given: the text under `key` in the ConfigMap of a manifest, the very one that a pod mounts."""

    manifest: str
    key: str


@dataclass(frozen=True, slots=True)
class HostedBy:
    """Which component offers these ports when there is no program for this one on the PATH, and its further arguments then."""

    component: str
    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Process:
    """How a component runs as a plain process of this machine.

    In `argv`, `env` and `sources` `{port name}` stands for a port, `{python}`, `{project}`, `{package}`, `{state}`, `{config}`
    (the path of `config`) and `{program}` (what was found of `programs`) for paths, and `{max_bytes}`, `{max_age_s}` for the
    viewer's limits.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[str, ...] = ()       # globs; a change in one of these files restarts the process
    programs: tuple[str, ...] = ()      # the first that is on the PATH is used
    config: ConfigFile | None = None
    beside: tuple[ConfigFile, ...] = () # further files, next to `config`
    reloads: bool = False               # it reads those files again by itself when they change, so it is not started anew
    settings: bool = False              # the service's own settings are added to its environment
    instrumented: bool = False          # with the PYTHONPATH that `opentelemetry-instrument` sets before it runs a program
    judge: tuple[str, ...] = ()         # ends with 2 and one line when it cannot use the settings in its environment
    after: str = ""                     # the component whose first port has to listen before this one starts
    otherwise: HostedBy | None = None


@dataclass(frozen=True, slots=True)
class InCluster:
    deployment: str                     # also the name of its Service and its label app.kubernetes.io/name
    manifests: tuple[str, ...]          # in manifests/
    repository: str = ""                # of the image that labctl builds, with the Dockerfile's target of the component's name;
                                        # empty: the manifest names an image that is pulled
    programs: str = ""                  # what can be run in its container, in words
    early_ends: int = 0                 # how often its container may end until what it needs of a new cluster runs
    single: str = ""                    # why it cannot have more than one replica; empty: it can


@dataclass(frozen=True, slots=True)
class Component:
    name: str
    ports: tuple[Port, ...]             # the first is the one by which it is known; none: only the cluster talks to it
    health: HealthCheck
    process: Process
    cluster: InCluster
    addon: str = ""                     # the word of --with that brings it; empty: every lab has it
    page: str = ""                      # the path of its page for people, on its first port; empty: it has none

    @property
    def files(self) -> tuple[ConfigFile, ...]:
        return (*([self.process.config] if self.process.config else []), *self.process.beside)

    def port(self, own: int) -> Port | None:
        """The endpoint that listens on `own` where the component has an address of its own."""
        return next((port for port in self.ports if port.own == own), None)


UNKNOWN: Final = "whether it holds a shell is unknown"       # of a published image that nobody has looked into
PYTHON_IMAGE: Final = "its image holds python, sh, cat, ls and `nc -zv HOST PORT`"

SERVICE: Final = Component(
    "service",
    ports=(Port("service", 9002, "the service", "service", pod_port=9000, node_port=30090),),
    health=HealthCheck("service", "/ready"),
    process=Process(
        argv=("{python}", "-m", "service"),
        env={
            "PYTHONPATH": "{project}:{project}/service/_entry",
            "PYTHONUNBUFFERED": "1",
            "OTEL_PYTHON_DISTRO": "lab",
            "OTEL_PYTHON_CONFIGURATOR": "lab",
            "HOST": "127.0.0.1",
            "PORT": "{service}",
            "HANDOVER_SOCKET": "../service.sock",       # relative to its working directory: such a path has at most 107 bytes
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:{otlp_grpc}",
        },
        sources=("{project}/service/**/*.py", "{project}/service/**/*.txt"),
        settings=True,
        instrumented=True,
        judge=("{python}", "-m", "service.settings"),
    ),
    cluster=InCluster("ai-lab-2-2-paid", ("deployment.yaml", "service.yaml"), "ai-lab-2-2-paid", programs=PYTHON_IMAGE),
)

COLLECTOR: Final = Component(
    "collector",
    ports=(
        Port("otlp_grpc", 4317, "the collector: OTLP/gRPC", "OTLP/gRPC", node_port=30317, tls=True),
        Port("otlp_http", 4318, "the collector: OTLP/HTTP", "OTLP/HTTP", node_port=30318, tls=True),
        Port("collector_metrics", 8888, "the collector's own metrics"),
        Port("collector_health", 13133, "the collector's health"),
    ),
    health=HealthCheck("collector_health", "/"),
    process=Process(
        argv=("{program}", "--config={config}"),
        env={
            "LISTEN_HOST": "127.0.0.1",
            "OTLP_GRPC_PORT": "{otlp_grpc}",
            "OTLP_HTTP_PORT": "{otlp_http}",
            "METRICS_PORT": "{collector_metrics}",
            "HEALTH_PORT": "{collector_health}",
            "EXPORTERS": "[debug, otlp_http/viewer]",
            "VIEWER_ENDPOINT": "http://127.0.0.1:{viewer}",
        },
        programs=("otelcol-contrib", "otelcol"),
        config=ConfigFile("collector-config.yaml", "collector.yaml"),
        after="viewer",                 # which it dials once, and then waits a second
        otherwise=HostedBy("viewer", (
            "--otlp-grpc", "127.0.0.1:{otlp_grpc}", "--otlp-http", "127.0.0.1:{otlp_http}",
            "--metrics", "127.0.0.1:{collector_metrics}", "--health", "127.0.0.1:{collector_health}",
        )),
    ),
    cluster=InCluster(
        "otel-collector", ("collector-config.yaml", "collector-deployment.yaml"),
        programs="its image holds the collector alone: no shell, no other program",
        single="a load run finds where spans were lost by its counters, and each replica would have counters of its own",
    ),
)

VIEWER: Final = Component(
    "viewer",
    ports=(
        Port("viewer", 9003, "the viewer: page, queries and OTLP/HTTP", "viewer", node_port=30093, tls=True),
        Port("viewer_grpc", 9004, "the viewer: OTLP/gRPC", tls=True),
    ),
    health=HealthCheck("viewer", "/health"),
    process=Process(
        argv=(
            "{python}", "-m", "labctl.telemetry", "--db", "{state}/viewer.db", "--http", "127.0.0.1:{viewer}",
            "--grpc", "127.0.0.1:{viewer_grpc}", "--max-bytes", "{max_bytes}", "--max-age", "{max_age_s}",
        ),
        env={
            "PYTHONPATH": "{package}", "PYTHONUNBUFFERED": "1",
            "SERVICE_URL": "http://127.0.0.1:{service}",                        # asked while somebody looks at the page
            "COLLECTOR_METRICS_URL": "http://127.0.0.1:{collector_metrics}",
        },
        sources=("{package}/labctl/telemetry/**/*.py",),
    ),
    cluster=InCluster(
        "ai-lab-2-2-viewer", ("viewer/viewer.yaml",), "ai-lab-2-2-viewer", programs=PYTHON_IMAGE,
        single="its store has one writer",
    ),
    page="/",
)

PROMETHEUS: Final = Component(
    "prometheus",
    ports=(Port("prometheus", 9090, "Prometheus", "Prometheus"),),
    health=HealthCheck("prometheus", "/-/ready"),
    process=Process(
        argv=(
            "{program}", "--config.file={config}", "--storage.tsdb.path=../prometheus", "--storage.tsdb.retention.time=15d",
            "--storage.tsdb.retention.size=768MB", "--web.listen-address=127.0.0.1:{prometheus}",
            "--enable-feature=exemplar-storage,auto-reload-config", "--config.auto-reload-interval=2s",
        ),
        programs=("prometheus",),
        config=ConfigFile("addons/prometheus/config.yaml", "prometheus.yaml"),
        beside=tuple(
            ConfigFile("addons/prometheus/config.yaml", key) for key in ("lab-rules.yaml", "slo-rules.yaml", "alertmanagers.yaml")
        ),
        reloads=True,
    ),
    cluster=InCluster(
        "prometheus", ("addons/prometheus/prometheus.yaml", "addons/prometheus/config.yaml"),
        programs="its image is made of busybox, with prometheus and promtool", single="its store has one writer",
    ),
    addon="prometheus", page="/graph",
)

ALERTMANAGER: Final = Component(
    "alertmanager",
    ports=(Port("alertmanager", 9093, "Alertmanager: page and API", "Alertmanager"),),
    health=HealthCheck("alertmanager", "/-/ready"),
    process=Process(
        argv=(
            "{program}", "--config.file={config}", "--storage.path=../alertmanager", "--cluster.listen-address=",
            "--web.listen-address=127.0.0.1:{alertmanager}",
        ),
        programs=("alertmanager",),
        config=ConfigFile("addons/alertmanager/config.yaml", "alertmanager.yaml"),
    ),
    cluster=InCluster(
        "alertmanager", ("addons/alertmanager/alertmanager.yaml", "addons/alertmanager/config.yaml"),
        programs=f"its image holds alertmanager and amtool; {UNKNOWN}",
        single="each replica would notify the viewer of every alert",
    ),
    addon="alertmanager", page="/#/alerts",
)

JAEGER: Final = Component(
    "jaeger",
    ports=(
        Port("jaeger", 16686, "Jaeger: page and API", "Jaeger"),
        Port("jaeger_otlp", 14318, "Jaeger: OTLP/HTTP", pod_port=4318),
        Port("jaeger_health", 13134, "Jaeger's health", pod_port=13133),
    ),
    health=HealthCheck("jaeger_health", "/status"),
    process=Process(
        argv=("{program}", "--config={config}"),
        env={"QUERY_PORT": "{jaeger}", "OTLP_HTTP_PORT": "{jaeger_otlp}", "HEALTH_PORT": "{jaeger_health}"},
        programs=("jaeger",),
        config=ConfigFile("addons/jaeger/config.yaml", "jaeger.yaml"),
    ),
    cluster=InCluster(
        "jaeger", ("addons/jaeger/jaeger.yaml", "addons/jaeger/config.yaml"),
        programs=f"its image holds jaeger; {UNKNOWN}", single="each replica would have a store of its own",
    ),
    addon="jaeger", page="/search",
)

VICTORIA_LOGS: Final = Component(
    "victoria-logs",
    ports=(Port("victoria_logs", 9428, "VictoriaLogs: page, queries and OTLP", "VictoriaLogs"),),
    health=HealthCheck("victoria_logs", "/health"),
    process=Process(
        argv=(
            "{program}", "-storageDataPath=../victoria-logs", "-retentionPeriod=3d", "-retention.maxDiskSpaceUsageBytes=768MiB",
            "-httpListenAddr=127.0.0.1:{victoria_logs}",
        ),
        programs=("victoria-logs",),
    ),
    cluster=InCluster(
        "victoria-logs", ("addons/logs/victoria-logs.yaml",),
        programs=f"its image holds victoria-logs; {UNKNOWN}", single="its store has one writer",
    ),
    addon="logs", page="/select/vmui",
)

GRAFANA: Final = Component(
    "grafana",
    ports=(Port("grafana", 3000, "Grafana", "Grafana"),),
    health=HealthCheck("grafana", "/api/health"),
    process=Process(argv=()),
    cluster=InCluster(
        "grafana", ("addons/grafana/grafana.yaml", "addons/grafana/config.yaml"),
        programs=f"its image holds grafana; {UNKNOWN}", single="each replica would have a database of its own",
    ),
    addon="grafana", page="/dashboards",
)

METRICS_SERVER: Final = Component(
    "metrics-server", ports=(), health=HealthCheck("", ""), process=Process(argv=()),
    cluster=InCluster(
        "metrics-server", ("addons/metrics-server/metrics-server.yaml", "addons/metrics-server/rbac.yaml"),
        programs="its image holds metrics-server alone: no shell, no other program", single="one answers for the whole cluster",
        early_ends=3,                   # without kube-proxy it does not reach the API server
    ),
    addon="metrics-server",
)

COMPONENTS: Final = (SERVICE, COLLECTOR, VIEWER)
"""Those of every lab, in the order in which they are shown and stopped: each can still hand on what it holds."""

ADDONS: Final = (PROMETHEUS, ALERTMANAGER, JAEGER, VICTORIA_LOGS, GRAFANA, METRICS_SERVER)
"""Those that the switch --with brings, in the same order."""

ALL: Final = (*COMPONENTS, *ADDONS)
BY_NAME: Final = {component.name: component for component in ALL}
WITH: Final = "with"                    # the name of that switch


def of(switches: Mapping[str, str]) -> tuple[Component, ...]:
    """Those of a lab with these switches on."""
    words = {word.partition(":")[0] for word in switches.get(WITH, "").split(",")}
    return tuple(component for component in ALL if not component.addon or component.addon in words)


def called(name: str) -> str:
    """A component in a sentence: `the service`, `Jaeger`."""
    component = BY_NAME.get(name)
    if component is None or not component.addon:
        return f"the {name}"
    return component.ports[0].label if component.ports else name


def belonging(name: str) -> str:
    """What begins the name of a thing of it: `the service's`, `Prometheus'`."""
    whose = called(name)
    return f"{whose}'" if whose.endswith("s") else f"{whose}'s"


def ports() -> Iterator[tuple[Component, Port]]:
    """Every endpoint, with the component that it belongs to."""
    return ((component, port) for component in ALL for port in component.ports)


OWNER: Final = {port.name: component for component, port in ports()}
"""Which component an endpoint belongs to."""

DEFAULT_PORTS: Final = {port.name: port.default for _, port in ports()}
