"""Each component as the process to run: its command, environment, ports, and a fingerprint of all that it depends on."""

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import labctl
from labctl.host.daemons import Daemon
from labctl.host.ports import LOOPBACK
from labctl.model import LabSpec
from labctl.targets.local import collector

STATE_MODE = 0o700


def components() -> list[str]:
    """The processes of a lab here, in the order in which they start."""
    return ["viewer", "service", "collector"] if collector.binary() else ["viewer", "service"]


def daemons(spec: LabSpec) -> Iterator[Daemon]:
    """What runs, in the order in which it starts. Each is worked out when it is asked for, while the one before starts."""
    binary = collector.binary()
    yield _viewer(spec, embedded=binary is None)
    yield _service(spec)
    if binary:
        yield _collector(spec, binary)


def log_of(spec: LabSpec, component: str) -> Path:
    return spec.state / "logs" / f"{component}.log"


def store_of(spec: LabSpec) -> Path:
    return spec.state / "viewer.db"


def _service(spec: LabSpec) -> Daemon:
    root, ports = spec.project, spec.ports
    env = {
        "PYTHONPATH": f"{root}:{root / 'service' / '_entry'}",
        "PYTHONUNBUFFERED": "1",
        "OTEL_PYTHON_DISTRO": "lab",
        "OTEL_PYTHON_CONFIGURATOR": "lab",
        "HOST": LOOPBACK,
        "PORT": str(ports.service),
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{LOOPBACK}:{ports.otlp_grpc}",
        **spec.service_env,
    }
    argv = (str(Path(sys.executable).parent / "opentelemetry-instrument"), sys.executable, "-m", "service")
    sources = [p for p in (root / "service").rglob("*") if p.suffix in {".py", ".txt"}]
    return _daemon(spec, "service", argv, env, {"service": ports.service}, sources)


def _viewer(spec: LabSpec, *, embedded: bool) -> Daemon:
    ports = spec.ports
    listens = {"viewer": ports.viewer, "viewer_grpc": ports.viewer_grpc}
    options = {"--http": ports.viewer, "--grpc": ports.viewer_grpc}
    if embedded:
        listens |= _collector_ports(spec)
        options |= {
            "--otlp-grpc": ports.otlp_grpc, "--otlp-http": ports.otlp_http,
            "--metrics": ports.collector_metrics, "--health": ports.collector_health,
        }
    addresses = [word for option, port in options.items() for word in (option, f"{LOOPBACK}:{port}")]
    bounds = ["--max-bytes", str(spec.viewer_max_bytes), "--max-age", str(spec.viewer_max_age_s)]
    argv = (sys.executable, "-m", "labctl.telemetry", "--db", str(store_of(spec)), *addresses, *bounds)
    package = Path(labctl.__file__).parent
    env = {"PYTHONPATH": str(package.parent), "PYTHONUNBUFFERED": "1"}
    return _daemon(spec, "viewer", argv, env, listens, (package / "telemetry").rglob("*.py"))


def _collector(spec: LabSpec, binary: str) -> Daemon:
    ports = spec.ports
    config = spec.state / "collector.yaml"
    config.parent.mkdir(parents=True, exist_ok=True, mode=STATE_MODE)
    config.write_text(collector.configuration(spec.project))
    env = {
        "LISTEN_HOST": LOOPBACK,
        "OTLP_GRPC_PORT": str(ports.otlp_grpc),
        "OTLP_HTTP_PORT": str(ports.otlp_http),
        "METRICS_PORT": str(ports.collector_metrics),
        "HEALTH_PORT": str(ports.collector_health),
        "VIEWER_ENDPOINT": f"http://{LOOPBACK}:{ports.viewer}",
    }
    return _daemon(spec, "collector", (binary, f"--config={config}"), env, _collector_ports(spec), [config])


def _collector_ports(spec: LabSpec) -> dict[str, int]:
    ports = spec.ports
    return {
        "otlp_grpc": ports.otlp_grpc, "otlp_http": ports.otlp_http,
        "collector_metrics": ports.collector_metrics, "collector_health": ports.collector_health,
    }


def _daemon(
    spec: LabSpec, component: str, argv: tuple[str, ...], env: Mapping[str, str], listens: Mapping[str, int],
    sources: Iterable[Path],
) -> Daemon:
    return Daemon(component, argv, env, log_of(spec, component), listens, _fingerprint(argv, env, sources))


def _fingerprint(argv: tuple[str, ...], env: Mapping[str, str], sources: Iterable[Path]) -> str:
    """16 hex digits that change when the command, its environment or a source file does."""
    digest = hashlib.sha256(json.dumps([argv, dict(env)], sort_keys=True).encode())
    for path in sorted(sources):
        digest.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
