"""The load engine against wrk, hey and locust: a closed loop against nginx, which has a core of its own.

The generators take turns on another core: ours as the whole product (its own process, traceparents, full recording), the others
as they are. wrk sends the same bytes. CPU is the tool's own, start-up included. What everything else on the machine took
meanwhile is printed as `others`: with more than a few percent the figures mean little. A tool that is not there is left out.
"""

import argparse
import contextlib
import json
import os
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import psutil

from labctl.load.generator import session
from labctl.load.generator.http1.request_head import Requests
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.server.reach import reach

Tool = Callable[[int], tuple[float, int]]
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
RUN_ID = "00112233445566aa"
TRACEPARENT = f"00-{RUN_ID}{'0' * 15}1-{RUN_ID}-01"
BODY = b'{"features":[0.5,1.5,2.0,-1.0]}'
CONNECTIONS = {10: {"wrk": 0.8, "hey": 2.2, "locust": 8.0}, 50: {"wrk": 0.9, "hey": 2.2, "locust": 8.0}}   # and the least ratio
MOST_CPU = 1.4                          # of wrk's, per request
LOCUSTFILE = """
from locust import FastHttpUser, task

class User(FastHttpUser):
    @task
    def predict(self):
        self.client.post("/predict", data={body!r}, headers={headers!r})
"""
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


class UsageMeter:
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
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of one tool's turn")
    parser.add_argument("--locust", default=shutil.which("locust"), help="where it is, if not on the PATH")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, nginx(Path(folder)) as (port, server), pinned(0):
        plan = LoadPlan(f"http://127.0.0.1:{port}/predict", body=BODY, requests=None, duration_s=wanted.seconds, run_id=RUN_ID)
        tools = peers(plan, Path(folder), wanted.locust)
        ours(replace(plan, duration_s=0.5), 10)
        print("     tool    requests/s     from       to  CPU s/10k  others  ours x  CPU x")
        verdicts = [compare(tools, connections, wanted.rounds, server) for connections in CONNECTIONS]
        return 0 if all(verdicts) else 1


def peers(plan: LoadPlan, folder: Path, locust: str | None) -> dict[str, Tool]:
    """What is there of them; ours is among them, so that all take turns."""
    tools: dict[str, Tool] = {"labctl": partial(ours, plan)}
    if shutil.which("wrk"):
        tools["wrk"] = partial(wrk, plan, wrk_script(folder, plan))
    if shutil.which("hey"):
        tools["hey"] = partial(hey, plan)
    if locust:
        file = folder / "locustfile.py"
        file.write_text(LOCUSTFILE.format(body=BODY, headers={"content-type": "application/json", "traceparent": TRACEPARENT}))
        tools["locust"] = partial(locusts, plan, locust, file)
    for name in {"wrk", "hey", "locust"} - set(tools):
        print(f"{name} is not there")
    return tools


def compare(tools: dict[str, Tool], connections: int, rounds: int, server: psutil.Process) -> bool:
    turns: dict[str, list[Turn]] = {name: [] for name in tools}
    for number in range(rounds):
        for name in list(tools)[::-1 if number % 2 else 1]:
            meter = UsageMeter(server)
            turns[name].append(meter.turn(*tools[name](connections)))
    good = True
    for name, found in turns.items():
        pairs = list(zip(turns["labctl"], found, strict=True))
        rate = statistics.median(own.rate / peer.rate for own, peer in pairs)
        cpu = statistics.median(own.cpu_10k / peer.cpu_10k for own, peer in pairs)
        show(f"c={connections}" if name == "labctl" else "", name, found, f"{rate:7.2f} {cpu:6.2f}" if name != "labctl" else "")
        good &= rate >= CONNECTIONS[connections].get(name, 0) and (name != "wrk" or cpu <= MOST_CPU)
    return good


def show(label: str, tool: str, turns: list[Turn], ratios: str) -> None:
    rates = [turn.rate for turn in turns]
    cpu = statistics.median(turn.cpu_10k for turn in turns)
    others = statistics.median(turn.others for turn in turns)
    spread = f"{statistics.median(rates):10.0f} {min(rates):8.0f} {max(rates):8.0f}"
    print(f"{label:>4} {tool:<7} {spread} {cpu:10.3f} {others:7.0%} {ratios}", flush=True)


def ours(plan: LoadPlan, connections: int) -> tuple[float, int]:
    """Like the others: answers per second, and how many there were."""
    summary = session.run(replace(plan, concurrency=connections), lambda _: None)
    assert summary.failed == 0, summary.errors
    return summary.rate, summary.successful


def wrk(plan: LoadPlan, script: Path, connections: int) -> tuple[float, int]:
    text = output(["wrk", "-t1", f"-c{connections}", f"-d{plan.duration_s:g}s", "-s", str(script), plan.url])
    assert "Non-2xx" not in text, text
    assert "Socket errors" not in text, text
    return number(r"Requests/sec:\s+([\d.]+)", text), int(number(r"(\d+) requests in", text))


def hey(plan: LoadPlan, connections: int) -> tuple[float, int]:
    """Its summary stops at a million, so that the rate times the time counts."""
    text = output([
        "hey", "-cpus", "1", "-c", str(connections), "-z", f"{plan.duration_s:g}s", "-m", "POST", "-T", "application/json",
        "-H", f"traceparent: {TRACEPARENT}", "-d", BODY.decode(), plan.url,
    ])
    assert "Error distribution" not in text, text
    rate = number(r"Requests/sec:\s+([\d.]+)", text)
    return rate, round(rate * number(r"Total:\s+([\d.]+)", text))


def locusts(plan: LoadPlan, program: str, file: Path, connections: int) -> tuple[float, int]:
    host = plan.url.removesuffix("/predict")
    text = output([
        program, "--headless", "--only-summary", "--json", "-f", str(file), "-u", str(connections), "-r", str(connections),
        "-t", f"{plan.duration_s:g}s", "--host", host, "--loglevel", "ERROR",
    ])
    (found,) = json.loads(text[text.index("["):])
    assert not found["num_failures"], text
    elapsed = found["last_request_timestamp"] - found["start_time"]
    return found["num_requests"] / elapsed, found["num_requests"]


def output(argv: list[str]) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=120).stdout


def number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    assert found, text
    return float(found[1])


def wrk_script(folder: Path, plan: LoadPlan) -> Path:
    """Makes wrk send what our own encoder makes, byte for byte; only the traceparent is the same each time."""
    request = Requests(plan, reach(plan)).of(1)
    path = folder / "same.lua"
    text = "".join(f"\\{byte:03d}" for byte in request)
    path.write_text(f'request = function() return same end\nsame = "{text}"\n')
    return path


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
