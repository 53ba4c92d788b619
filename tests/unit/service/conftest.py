"""The real service in a process of its own, and a real OTLP/gRPC receiver for what it sends."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from threading import Lock
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

ROOT = Path(__file__).resolve().parents[3]
GOOD = b'{"features":[0.5,1.5,2.0]}'
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
PARENT_ID = "b7ad6b7169203331"


def until(found: Callable[[], Any], within_s: float = 60.0) -> Any:
    """Wait for a condition; the bound only keeps a broken test from hanging."""
    end = time.monotonic() + within_s
    while not (value := found()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return value


@dataclass
class Sink:
    """Keeps every span, log record and the last metrics; `stop` and `start` make it a collector that goes away."""

    port: int = 0
    spans: list[Any] = field(default_factory=list)
    logs: list[Any] = field(default_factory=list)
    metrics: dict[str, Any] = field(default_factory=dict)
    exemplars: dict[str, int] = field(default_factory=dict)
    resource: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)            # of the last request with spans
    _lock: Lock = field(default_factory=Lock)
    _server: Any = None
    credentials: grpc.ServerCredentials | None = None                # with TLS where there are some

    def start(self) -> None:
        self._server = grpc.server(ThreadPoolExecutor(2), options=[("grpc.so_reuseport", 0)])
        package = "opentelemetry.proto.collector"
        self._server.add_generic_rpc_handlers([
            grpc.method_handlers_generic_handler(f"{package}.{name}", {"Export": grpc.unary_unary_rpc_method_handler(take)})
            for name, take in (("trace.v1.TraceService", self._traces), ("metrics.v1.MetricsService", self._metrics),
                               ("logs.v1.LogsService", self._logs))])
        address = f"127.0.0.1:{self.port}"
        self.port = (self._server.add_secure_port(address, self.credentials) if self.credentials
                     else self._server.add_insecure_port(address))
        self._server.start()

    def stop(self) -> None:
        self._server.stop(0).wait()

    def trace(self, trace_id: str) -> list[Any]:
        with self._lock:
            return [span for span in self.spans if span.trace_id.hex() == trace_id]

    def _traces(self, content: bytes, context: grpc.ServicerContext) -> bytes:
        with self._lock:
            pairs = [(item[0], str(item[1])) for item in context.invocation_metadata()]
            self.headers = {name: ", ".join(value for other, value in pairs if other == name) for name, _ in pairs}
            for resource in ExportTraceServiceRequest.FromString(content).resource_spans:
                self.resource = {item.key: item.value.string_value for item in resource.resource.attributes}
                self.spans += [span for scope in resource.scope_spans for span in scope.spans]
        return b""

    def _logs(self, content: bytes, _: grpc.ServicerContext) -> bytes:
        with self._lock:
            self.logs += [record for resource in ExportLogsServiceRequest.FromString(content).resource_logs
                          for scope in resource.scope_logs for record in scope.log_records]
        return b""

    def _metrics(self, content: bytes, _: grpc.ServicerContext) -> bytes:
        with self._lock:
            for resource in ExportMetricsServiceRequest.FromString(content).resource_metrics:
                for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
                    self.metrics[metric.name] = metric
                    points = getattr(metric, str(metric.WhichOneof("data"))).data_points
                    self.exemplars[metric.name] = (self.exemplars.get(metric.name, 0)
                                                   + sum(len(point.exemplars) for point in points))
        return b""


@dataclass
class Service:
    process: subprocess.Popen[bytes]
    log: Path
    port: int = 0

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.endswith("}")]

    def post(self, body: bytes = GOOD, path: str = "/predict", **headers: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
        return self.ask("POST", path, body, {"content-type": "application/json"} | headers)

    def ask(self, method: str, path: str, body: bytes | None = None,
            headers: dict[str, str] | None = None) -> tuple[int, dict[str, Any], dict[str, str]]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}"), dict(answer.getheaders())
        finally:
            connection.close()

    def raw(self, request: bytes, *, half_close: bool = False) -> bytes:
        """All that comes back for these bytes until the service closes the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(request)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def running(folder: Path, **environ: str) -> Iterator[Service]:
    base = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")} | {
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'service' / '_entry'}", "OTEL_PYTHON_DISTRO": "lab",
        "OTEL_PYTHON_CONFIGURATOR": "lab", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "PORT": "0",
        "DEFAULT_LATENCY_MS": "1"}
    log = folder / "service.log"
    command = [str(Path(sys.executable).parent / "opentelemetry-instrument"), sys.executable, "-m", "service"]
    with log.open("wb") as stderr:
        process = subprocess.Popen(command, env=base | environ, cwd=folder, stderr=stderr)
    service = Service(process, log)
    try:
        service.port = until(lambda: _port(service))
        yield service
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _port(service: Service) -> int:
    assert service.process.poll() is None, service.log.read_text()
    messages = [line["message"] for line in service.lines()]
    return next((int(text.rsplit(":", 1)[1]) for text in messages if text.startswith("listening on")), 0)


@pytest.fixture(scope="session")
def sink() -> Iterator[Sink]:
    receiver = Sink()
    receiver.start()
    yield receiver
    receiver.stop()


@pytest.fixture(scope="session")
def service(sink: Sink, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for every test that does not stop it."""
    with running(tmp_path_factory.mktemp("service"), OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{sink.port}",
                 RECEIVE_TIMEOUT_MS="400", MAX_BATCH_SIZE="4", APP_ENV="test") as started:
        yield started
