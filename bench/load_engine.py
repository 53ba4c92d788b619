"""The load engine against wrk, and against a server that stalls.

nginx: a closed loop against nginx on a core of its own, the generator (the whole product: its own process, traceparents, full
recording) and wrk taking turns on another core, wrk sending the same bytes. CPU is the tool's own, start-up included. What
everything else on the machine took meanwhile is printed as `others`: with more than a few percent the figures mean little.

stall: 1000/s for 10 s over 10 connections against a server that freezes for 1 s in the middle. The requests that were due
meanwhile are a tenth of all, so a p99 that is far below a second has hidden them.
"""

import argparse
import contextlib
import os
import re
import resource
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from labctl.load import session
from labctl.load.summary import LoadPlan
from labctl.load.wire import requests

HERE = Path(__file__).resolve().parent
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
BODY = b'{"features":[0.5,1.5,2.0,-1.0]}'
LEAST_RATIO = 0.6
LEAST_P99_MS = 900.0
CONNECTIONS = (10, 50)
NGINX = """
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{
    listen 127.0.0.1:{port};
    location / {{ default_type application/json; return 200 '{{"prediction":4.0}}'; }}
  }}
}}
"""


@dataclass(frozen=True)
class Turn:
    rate: float                      # answers per second
    cpu_10k: float                   # seconds of CPU per 10 000 answers
    others: float                    # share of the machine that was neither the tool's nor nginx's


class Meter:
    """CPU since it was made, of our children that have ended and of the rest of the machine."""

    def __init__(self, server: psutil.Process) -> None:
        self._server = server
        self._begun, self._children, self._rest = time.monotonic(), children_cpu(), self._busy()

    def turn(self, rate: float, answers: int) -> Turn:
        own = children_cpu() - self._children
        others = (self._busy() - self._rest - own) / (time.monotonic() - self._begun) / (psutil.cpu_count() or 1)
        return Turn(rate, own / answers * 1e4, max(others, 0.0))

    def _busy(self) -> float:
        times = psutil.cpu_times()
        served = sum(sum(one.cpu_times()[:2]) for one in self._server.children())
        return sum(times) - times.idle - getattr(times, "iowait", 0.0) - served


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=["nginx", "stall"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of one tool's turn against nginx")
    wanted = parser.parse_args()
    good = True
    if wanted.only != "stall":
        good &= against_wrk(wanted.rounds, wanted.seconds)
    if wanted.only != "nginx":
        good &= against_a_stall()
    return 0 if good else 1


def against_wrk(rounds: int, seconds: float) -> bool:
    with tempfile.TemporaryDirectory() as folder, nginx(Path(folder)) as (port, server), pinned(0):
        url = f"http://127.0.0.1:{port}/predict"
        plan = LoadPlan(url, body=BODY, requests=None, duration_s=seconds, run_id=secrets.token_hex(8))
        script = wrk_script(Path(folder), plan)
        ours(plan, 10, 0.5, Meter(server))
        print(f"{'':>4} {'tool':<7} {'requests/s':>10} {'from':>8} {'to':>8} {'CPU s/10k':>10} {'others':>7} {'x wrk':>6}")
        verdicts = [compare(plan, script, connections, rounds, server) for connections in CONNECTIONS]
        return all(verdicts)


def compare(plan: LoadPlan, script: Path, connections: int, rounds: int, server: psutil.Process) -> bool:
    seconds = plan.duration_s or 0.0
    turns = [
        (wrk(plan.url, script, connections, seconds, Meter(server)), ours(plan, connections, seconds, Meter(server)))
        for _ in range(rounds)
    ]
    ratio = statistics.median(own.rate / peer.rate for peer, own in turns)
    show(f"c={connections}", "wrk", [peer for peer, _ in turns], "")
    show("", "labctl", [own for _, own in turns], f"{ratio:.2f}")
    return ratio >= LEAST_RATIO


def show(label: str, tool: str, turns: list[Turn], ratio: str) -> None:
    rates = [turn.rate for turn in turns]
    cpu = statistics.median(turn.cpu_10k for turn in turns)
    others = statistics.median(turn.others for turn in turns)
    spread = f"{statistics.median(rates):10.0f} {min(rates):8.0f} {max(rates):8.0f}"
    print(f"{label:>4} {tool:<7} {spread} {cpu:10.3f} {others:7.0%} {ratio:>6}")


def ours(plan: LoadPlan, connections: int, seconds: float, meter: Meter) -> Turn:
    summary = session.run(replace(plan, concurrency=connections, duration_s=seconds), lambda _: None)
    assert summary.failed == 0, summary.errors
    return meter.turn(summary.rate, summary.successful)


def wrk(url: str, script: Path, connections: int, seconds: float, meter: Meter) -> Turn:
    argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "-s", str(script), url]
    text = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=seconds + 30).stdout
    assert "Non-2xx" not in text, text
    assert "Socket errors" not in text, text
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    total = re.search(r"(\d+) requests in", text)
    assert rate, text
    assert total, text
    return meter.turn(float(rate[1]), int(total[1]))


def wrk_script(folder: Path, plan: LoadPlan) -> Path:
    """Makes wrk send what our own encoder makes, byte for byte; only the traceparent is the same each time."""
    request = requests(plan, session.reach(plan.url))(bytes(range(16)))
    path = folder / "same.lua"
    text = "".join(f"\\{byte:03d}" for byte in request)
    path.write_text(f'request = function() return same end\nsame = "{text}"\n')
    return path


def against_a_stall() -> bool:
    with stall_server(delay_ms=5, stall_after_ms=5000, stall_ms=1000) as port:
        plan = LoadPlan(f"http://127.0.0.1:{port}/", body=BODY, requests=10_000, rps=1000.0, run_id=secrets.token_hex(8))
        summary = session.run(plan, lambda _: None)
    for name, figures in (("latency", summary.latency), ("service time", summary.service_time)):
        print(f"stall {name:<12} p50 {figures.p50:8.2f} ms   p99 {figures.p99:8.2f} ms   max {figures.max:8.2f} ms")
    print(f"      answered {summary.successful} of {summary.planned}, failed {summary.failed}, dropped {summary.dropped}")
    return summary.latency.p99 >= LEAST_P99_MS and summary.successful == summary.planned


@contextlib.contextmanager
def nginx(folder: Path) -> Iterator[tuple[int, psutil.Process]]:
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port))
    with pinned(-1):
        server = subprocess.Popen(["nginx", "-e", f"{folder}/error.log", "-c", str(config)], start_new_session=True)
    try:
        wait_for(port)
        yield port, psutil.Process(server.pid)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)


@contextlib.contextmanager
def stall_server(delay_ms: float, stall_after_ms: float, stall_ms: float) -> Iterator[int]:
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "stall_server"
        subprocess.run(["cc", "-O2", "-Wall", "-o", program, HERE / "stall_server.c"], check=True)
        argv = [program, str(delay_ms), str(stall_after_ms), str(stall_ms)]
        with subprocess.Popen(argv, stdout=subprocess.PIPE) as server:
            try:
                assert server.stdout
                yield int(server.stdout.readline())
            finally:
                server.terminate()


@contextlib.contextmanager
def pinned(core: int) -> Iterator[None]:
    """What is started here runs on this one of our cores, where there are two and the system can do that."""
    if len(CORES) < 2:
        yield
        return
    os.sched_setaffinity(0, {CORES[core]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, CORES)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    sys.exit("nginx does not come up")


def children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
