"""What telemetry costs the service: the same app with none, under stock `opentelemetry-instrument`, and with its own distro.

The service has one core to itself; this process (the load, a closed loop of 10) and the sink, a small OTLP/gRPC receiver
that decodes and counts spans, share another. All variants write one JSON line per prediction, run the same code and take turns.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
BODY = b'{"features":[0.5,1.5,2.0]}'
REQUEST = (b"POST /predict HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
           b"traceparent: 00-%%032x-%%016x-01\r\n\r\n%b" % (len(BODY), BODY))
WORKERS = 10
LEAST = 1.5
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


@dataclass(frozen=True)
class Variant:
    name: str
    command: tuple[str, ...]
    environ: dict[str, str]


@dataclass(frozen=True)
class Run:
    rate: float                      # answers per second
    answers: int                     # warm-up included
    spans: int                       # that the sink has seen of them


SERVE = (sys.executable, "-m", "service")
INSTRUMENTED = (str(BIN / "opentelemetry-instrument"), *SERVE)
VARIANTS = (
    Variant("plain", SERVE, {}),
    Variant("stock", INSTRUMENTED, {"OTEL_PYTHON_DISTRO": "distro", "OTEL_SEMCONV_STABILITY_OPT_IN": "http"}),
    Variant("ours", INSTRUMENTED, {"OTEL_PYTHON_DISTRO": "lab", "OTEL_PYTHON_CONFIGURATOR": "lab",
                                   "PYTHONPATH": f"{ROOT}:{ROOT / 'service' / '_entry'}"}),
)


class Client(asyncio.Protocol):
    """One connection that sends the next request when the answer to the last is complete."""

    def __init__(self) -> None:
        self.answers = 0
        self.bad = 0
        self.sending = True
        self._seed = id(self) | 1
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._data += data
        head = self._data.find(b"\r\n\r\n")
        if head < 0 or len(self._data) < head + 4 + _length(self._data[:head]):
            return
        self.answers += 1
        self.bad += not self._data.startswith(b"HTTP/1.1 200")
        self._data = b""
        if self.sending:
            self._send()

    def _send(self) -> None:
        self._seed = (self._seed * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        self._transport.write(REQUEST % (self._seed << 64 | self._seed, self._seed | 1))


def _length(head: bytes) -> int:
    start = head.index(b"content-length: ") + len(b"content-length: ")
    return int(head[start:].split(b"\r\n", 1)[0])


async def load(port: int, warm_s: float, run_s: float) -> tuple[float, int]:
    """Answers per second of the run, and all answers of warm-up and run."""
    loop = asyncio.get_running_loop()
    clients = [(await loop.create_connection(Client, "127.0.0.1", port))[1] for _ in range(WORKERS)]
    await asyncio.sleep(warm_s)
    before, started = sum(client.answers for client in clients), time.perf_counter()
    await asyncio.sleep(run_s)
    rate = (sum(client.answers for client in clients) - before) / (time.perf_counter() - started)
    for client in clients:
        client.sending = False
    await asyncio.sleep(0.2)
    if any(client.bad for client in clients):
        raise SystemExit("the service answered with an error")
    return rate, sum(client.answers for client in clients)


def measure(variant: Variant, sink: "Sink", warm_s: float, run_s: float) -> Run:
    port = free_port()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")} | {
        "PYTHONPATH": str(ROOT), "PORT": str(port), "DEFAULT_LATENCY_MS": "0", "OTEL_SERVICE_NAME": "bench",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{sink.port}"} | variant.environ
    seen = sink.spans()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(variant.command, env=environ, stderr=log, preexec_fn=lambda: pin(0))  # noqa: PLW1509
        try:
            wait_for(port, process)
            rate, answers = asyncio.run(load(port, warm_s, run_s))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    return Run(rate, answers, sink.spans() - seen)


class Sink:
    """A process that receives OTLP/gRPC and answers with the number of spans it has seen when a line is written to it."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process = subprocess.Popen([sys.executable, __file__, "--sink", str(self.port)], text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.spans()

    def spans(self) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()


def serve_sink(port: int) -> None:
    import grpc
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    seen = 0

    def export(content: bytes, _: grpc.ServicerContext) -> bytes:
        nonlocal seen
        request = ExportTraceServiceRequest.FromString(content)
        seen += sum(len(scope.spans) for resource in request.resource_spans for scope in resource.scope_spans)
        return b""

    handlers = {"Export": grpc.unary_unary_rpc_method_handler(export)}
    accept = {"Export": grpc.unary_unary_rpc_method_handler(lambda _content, _context: b"")}
    server = grpc.server(ThreadPoolExecutor(1))
    package = "opentelemetry.proto.collector"
    server.add_generic_rpc_handlers((
        grpc.method_handlers_generic_handler(f"{package}.trace.v1.TraceService", handlers),
        grpc.method_handlers_generic_handler(f"{package}.metrics.v1.MetricsService", accept),
        grpc.method_handlers_generic_handler(f"{package}.logs.v1.LogsService", accept)))
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    for _ in sys.stdin:
        print(seen, flush=True)
    server.stop(0)


def pin(core: int) -> None:
    """Keep this process on one core, where the system can (Linux) and has two."""
    if CORES:
        os.sched_setaffinity(0, {CORES[min(core, len(CORES) - 1)]})


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise SystemExit(f"the service ended with exit code {process.returncode}")


def rounds(count: int, warm_s: float, run_s: float) -> Iterator[dict[str, Run]]:
    sink = Sink()
    try:
        for _ in range(count):
            yield {variant.name: measure(variant, sink, warm_s, run_s) for variant in VARIANTS}
    finally:
        sink.close()


def report(results: list[dict[str, Run]]) -> float:
    """Prints one line per variant; returns how many times as many requests ours answers as stock."""
    medians = {}
    for variant in VARIANTS:
        runs = [result[variant.name] for result in results]
        rates = [run.rate for run in runs]
        medians[variant.name] = statistics.median(rates)
        spans = sum(run.spans for run in runs) / sum(run.answers for run in runs)
        print(f"{variant.name:6} {medians[variant.name]:7.0f} requests/s  ({min(rates):.0f} to {max(rates):.0f})"
              f"  {spans:.3f} spans received per request")
    ratio = medians["ours"] / medians["stock"]
    print(f"ours/stock {ratio:.2f} (at least {LEAST}) · plain/ours {medians['plain'] / medians['ours']:.2f}")
    return ratio


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--warm", type=float, default=1.0)
    parser.add_argument("--sink", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.sink is not None:
        serve_sink(options.sink)
        return 0
    pin(1)
    return int(report(list(rounds(options.rounds, options.warm, options.seconds))) < LEAST)


if __name__ == "__main__":
    sys.exit(main())
