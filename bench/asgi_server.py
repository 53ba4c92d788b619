"""What Starlette and uvicorn would cost the viewer, beside its own HTTP server: start, memory, and CPU of one OTLP-like request.

Each is a process that takes a body of 40 kB and answers 200, with all in it that the viewer imports anyway. Its CPU is counted
while one client sends over one connection. uvicorn has uvloop and httptools here, the fastest that there is. In turn, so that a
machine that gets busier is not taken for one of them.
"""

import http.client
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import psutil  # noqa: E402 - the path is set above

from tests.driver import free_ports  # noqa: E402 - the path is set above

ROUNDS, REQUESTS, BODY = 5, 1500, b"x" * 40_000
VIEWER = "import labctl.telemetry.__main__, labctl.telemetry.receive.grpc_server"
SERVERS = {
    "the viewer's own": """
from labctl.telemetry.http.messages import Reply
from labctl.telemetry.http.server import Site, listen
def answer(request):
    request.body()
    return Reply(200, b"{}")
listen("127.0.0.1", port, Site(answer)).serve_forever()
""",
    "Starlette and uvicorn": """
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
async def answer(request):
    await request.body()
    return Response(b"{}", media_type="application/json")
app = Starlette(routes=[Route("/", answer, methods=["POST"])])
uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)
""",
}


def measured(source: str) -> tuple[float, float, float]:
    """CPU seconds until it answers, its MB then, and microseconds of CPU a request."""
    [port] = free_ports(1)
    program = f"{VIEWER}\nport = {port}\n{source}"
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        server = psutil.Process(process.pid)
        connection = connected(port)
        started, memory = cpu(server), server.memory_info().rss / 1e6
        for _ in range(REQUESTS):
            connection.request("POST", "/", BODY)
            assert connection.getresponse().read() == b"{}"
        used = cpu(server) - started
        process.kill()
    return started, memory, used / REQUESTS * 1e6


def connected(port: int) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    while True:
        try:
            connection.request("POST", "/", b"")
            connection.getresponse().read()
        except OSError:
            connection.close()
            time.sleep(0.02)
        else:
            return connection


def cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def main() -> None:
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in SERVERS}
    for _ in range(ROUNDS):
        for name, source in SERVERS.items():
            found[name].append(measured(source))
    for name, rounds in found.items():
        start, memory, request = (statistics.median(values) for values in zip(*rounds, strict=True))
        print(f"{name:24} start {start * 1000:6.0f} ms of CPU   {memory:6.1f} MB   a request {request:6.0f} us of CPU")


if __name__ == "__main__":
    main()
