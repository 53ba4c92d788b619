"""What telemetry costs the service: the same app with none, with the SDK's defaults, and with those of its own distro.

The service has one core to itself; this process (the load, a closed loop of 10) and the sink, a small OTLP/gRPC receiver
that decodes and counts spans, share another. All variants write one JSON line per prediction, run the same code and take turns.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
BODY = b'{"features":[0.5,1.5,2.0]}'
REQUEST = (b"POST /predict HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
           b"traceparent: 00-%%032x-%%016x-01\r\n\r\n%b" % (len(BODY), BODY))
WORKERS = 10
LEAST = 1.5
WARM_S = 1.0
SETTLE_S = 0.3                       # after a turn: for the telemetry of ours
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


@dataclass(frozen=True)
class Variant:
    name: str
    command: tuple[str, ...]
    environ: dict[str, str]


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
        self.done = asyncio.Event()
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
        else:
            self.done.set()

    def close(self) -> None:
        self._transport.close()

    def _send(self) -> None:
        self._seed = (self._seed * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        self._transport.write(REQUEST % (self._seed << 64 | self._seed, self._seed | 1))


def _length(head: bytes) -> int:
    start = head.index(b"content-length: ") + len(b"content-length: ")
    return int(head[start:].split(b"\r\n", 1)[0])


async def load(port: int, run_s: float) -> tuple[float, int]:
    """Answers per second, and all answers; the connections are new and gone afterwards."""
    loop = asyncio.get_running_loop()
    clients = [(await loop.create_connection(Client, "127.0.0.1", port))[1] for _ in range(WORKERS)]
    started = time.perf_counter()
    await asyncio.sleep(run_s)
    rate = sum(client.answers for client in clients) / (time.perf_counter() - started)
    for client in clients:
        client.sending = False
    await asyncio.gather(*(client.done.wait() for client in clients))
    await asyncio.sleep(SETTLE_S)
    for client in clients:
        client.close()
    if any(client.bad for client in clients):
        raise SystemExit("the service answered with an error")
    return rate, sum(client.answers for client in clients)


class Contender:
    """One variant's process, stopped (SIGSTOP) while it is not its turn."""

    def __init__(self, variant: Variant, sink: "Sink", folder: Path) -> None:
        self.name = variant.name
        self.rates: list[float] = []
        self.cpu_us: list[float] = []    # of the service, per answer: what a busy machine disturbs least
        self.answers = 0
        self._port = free_port()
        environ = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")} | {
            "PYTHONPATH": str(ROOT), "PORT": str(self._port), "DEFAULT_LATENCY_MS": "0",
            "OTEL_SERVICE_NAME": variant.name, "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{sink.port}",
        } | variant.environ
        self.log = folder / f"{variant.name}.log"
        with self.log.open("wb") as stderr:
            self._process = subprocess.Popen(variant.command, env=environ, cwd=folder, stderr=stderr,
                                             preexec_fn=lambda: pin(0))  # noqa: PLW1509  no threads here
        wait_for(self._port, self._process)
        self.turn(WARM_S)
        self.rates.clear()
        self.cpu_us.clear()

    def turn(self, run_s: float) -> None:
        self._process.send_signal(signal.SIGCONT)
        before = self._cpu_s()
        rate, answers = asyncio.run(load(self._port, run_s))
        self.cpu_us.append((self._cpu_s() - before) / max(1, answers) * 1e6)
        self._process.send_signal(signal.SIGSTOP)
        self.rates.append(rate)
        self.answers += answers

    def _cpu_s(self) -> float:
        times = psutil.Process(self._process.pid).cpu_times()
        return float(times.user + times.system)

    def end(self) -> None:
        self._process.send_signal(signal.SIGCONT)
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)
        lines = sum(b"trace_id" in line or b"prediction answered" in line for line in self.log.open("rb"))
        if lines != self.answers:
            raise SystemExit(f"{self.name} wrote {lines} lines for {self.answers} predictions")


class Sink:
    """A process that receives OTLP/gRPC and answers with the number of spans it has seen when a line is written to it."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process = subprocess.Popen([sys.executable, __file__, "--sink", str(self.port)], text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.spans()

    def spans(self) -> dict[str, int]:
        """Spans by the name of their service."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        counted: dict[str, int] = json.loads(self._process.stdout.readline())
        return counted

    def close(self) -> None:
        self._process.communicate()


def serve_sink(port: int) -> None:
    import grpc
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    seen: Counter[str] = Counter()

    def export(content: bytes, _: grpc.ServicerContext) -> bytes:
        for resource in ExportTraceServiceRequest.FromString(content).resource_spans:
            name = next(item.value.string_value for item in resource.resource.attributes if item.key == "service.name")
            seen[name] += sum(len(scope.spans) for scope in resource.scope_spans)
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
        print(json.dumps(seen), flush=True)
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


def contest(rounds: int, run_s: float) -> float:
    """Prints one line per variant; returns how many times as many requests ours answers as stock, the median of rounds."""
    sink = Sink()
    with tempfile.TemporaryDirectory() as folder:
        contenders = {variant.name: Contender(variant, sink, Path(folder)) for variant in VARIANTS}
        for _ in range(rounds):
            for contender in contenders.values():
                contender.turn(run_s)
        for contender in contenders.values():
            contender.end()
    spans = sink.spans()
    sink.close()
    for name, contender in contenders.items():
        print(f"{name:6} {statistics.median(contender.rates):6.0f} requests/s  ({min(contender.rates):.0f} to "
              f"{max(contender.rates):.0f})  {statistics.median(contender.cpu_us):5.0f} µs of CPU per request  "
              f"{spans.get(name, 0) / contender.answers:.3f} spans received per request")
    ratios = [ours / stock for ours, stock in zip(contenders["ours"].rates, contenders["stock"].rates, strict=True)]
    cpu = statistics.median(contenders["stock"].cpu_us) / statistics.median(contenders["ours"].cpu_us)
    print(f"ours/stock {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}), at least {LEAST} is asked; "
          f"by CPU per request {cpu:.2f}")
    return statistics.median(ratios)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--sink", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.sink is not None:
        serve_sink(options.sink)
        return 0
    pin(1)
    return int(contest(options.rounds, options.seconds) < LEAST)


if __name__ == "__main__":
    sys.exit(main())
