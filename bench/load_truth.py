"""What is measured against what is true: 1000/s for 10 s, 10 connections, a server that takes 5 ms and keeps its own clock.

The live board is on, in a terminal of its own. hey, told the same rate, and wrk2 take their turns where they are there. Good is a
p50 within 0.25 ms and a p99 within 1 ms of the server's own figures, medians over the rounds. Then the server freezes for 1 s in
the middle: a tenth of the requests was due meanwhile, so a p99 that is far below a second has hidden them.
"""

import argparse
import re
import secrets
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable

from load_board import watched
from reference import Reference, reference

from labctl.load.measure.summary import Summary
from labctl.load.plan.load_plan import LoadPlan

BODY = '{"features":[0.5,1.5,2.0,-1.0]}'
RATE, CONNECTIONS = 1000, 10
MOST_P50_MS, MOST_P99_MS = 0.25, 1.0
LEAST_P99_MS = 900.0
Figures = tuple[float, float]           # p50 and p99, milliseconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=10, help="of one run")
    wanted = parser.parse_args()
    print(f"{'':<8} {'p50':>8} {'p99':>8}   {'the server':>8} {'p50':>8} {'p99':>8}")
    apart = [truth(wanted.seconds) for _ in range(wanted.rounds)]
    p50, p99 = (statistics.median(values) for values in zip(*apart, strict=True))
    print(f"median distance: p50 {p50:.3f} ms, p99 {p99:.3f} ms")
    stalls = [stall(wanted.seconds) for _ in range(wanted.rounds)]
    print(f"a stall of 1 s, median p99: {statistics.median(stalls):.0f} ms")
    return 0 if p50 <= MOST_P50_MS and p99 <= MOST_P99_MS and statistics.median(stalls) >= LEAST_P99_MS else 1


def truth(seconds: int) -> Figures:
    """How far our p50 and p99 are from the server's own."""
    with reference(5) as server:
        figures = percentiles(ours(server, seconds))
    show("labctl", figures, server)
    for name, tool in others().items():
        with reference(5) as peer:
            found = tool(peer, seconds)
        show(name, found, peer)
    return abs(figures[0] - server.p50), abs(figures[1] - server.p99)


def stall(seconds: int) -> float:
    """Our p99."""
    with reference(5, seconds * 500, 1000) as server:
        summary = ours(server, seconds)
    assert summary.successful == summary.planned, summary.errors
    show("labctl", percentiles(summary), server)
    for name, tool in others().items():
        with reference(5, seconds * 500, 1000) as peer:
            found = tool(peer, seconds)
        show(name, found, peer)
    return summary.latency.p99


def percentiles(summary: Summary) -> Figures:
    return summary.latency.p50, summary.latency.p99


def show(name: str, figures: Figures, server: Reference) -> None:
    print(f"{name:<8} {figures[0]:8.2f} {figures[1]:8.2f}   {'':>10} {server.p50:8.2f} {server.p99:8.2f}", flush=True)


def ours(server: Reference, seconds: int) -> Summary:
    return watched(LoadPlan(server.url, body=BODY.encode(), requests=RATE * seconds, rps=RATE, run_id=secrets.token_hex(8)))


def others() -> dict[str, Callable[[Reference, int], Figures]]:
    tools = {"hey": hey, "wrk2": wrk2}
    return {name: tool for name, tool in tools.items() if shutil.which(name)}


def hey(server: Reference, seconds: int) -> Figures:
    text = output([
        "hey", "-c", str(CONNECTIONS), "-q", str(RATE // CONNECTIONS), "-z", f"{seconds}s", "-m", "POST", "-d", BODY, server.url,
    ])
    return 1e3 * number(r"50% in ([\d.]+) secs", text), 1e3 * number(r"99% in ([\d.]+) secs", text)


def wrk2(server: Reference, seconds: int) -> Figures:
    """It leaves its first 10 s out."""
    text = output(["wrk2", "-t1", f"-c{CONNECTIONS}", f"-R{RATE}", f"-d{seconds + 10}s", "--latency", server.url])
    return number(r"50\.000%\s+([\d.]+)ms", text), number(r"99\.000%\s+([\d.]+)ms", text)


def output(argv: list[str]) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=120).stdout


def number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    assert found, text
    return float(found[1])


if __name__ == "__main__":
    sys.exit(main())
