"""Bar 7: hostile input of every kind while a good client runs; ten thousand connections to each port.

The attack is a process of its own that keeps to a rate, so that what it takes of the machine itself is small, and known. Rounds
with it and without it take turns, and medians are compared.
"""

import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import psutil
import pytest

from tests.driver import ROOT, Driver, a_name, collector_on_path
from tests.hostile import raw_client, slow_clients
from tests.hostile.http_shapes import H2_PREFACE
from tests.hostile.ports import http_ports
from tests.production.test_hostile_input import no_traceback

ROUNDS = int(os.environ.get("SOAK_ROUNDS", "5"))
RATE, CONNECTIONS = 40, 2000           # hostile requests a second to all ports together, and connections held at a time
GROWTH = 64 << 20
# Go's servers have no limit on connections, and their goroutines' stacks take 8 KiB for a silent one, 16 KiB for one that has
# begun HTTP/2; read_buffer_size, write_buffer_size, GOGC and GOMEMLIMIT change nothing of it
GROWTH_OF_THE_COLLECTOR = 192 << 20
WORST_RATIO = 1.5
CROWD = 10_000
LONGEST_OPEN_S = 10
LOAD = ("load", "-n", "1000", "--rps", "100", "-c", "30")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    if not collector_on_path():
        pytest.skip("otelcol is not on the PATH")
    driver = Driver(a_name("hostile"), tmp_path_factory.mktemp("hostile"))
    with driver.up():
        driver.json(*LOAD, timeout=120)                # connections, caches
        yield driver
    assert no_traceback(driver.state)


def resident(lab: Driver) -> dict[str, int]:
    return {name: psutil.Process(pid).memory_info().rss for name, pid in lab.pids().items()}


@contextmanager
def attack(lab: Driver) -> Iterator[dict[str, Any]]:
    """The result is there after the block."""
    command = [sys.executable, "-m", "tests.hostile.attack", json.dumps(lab.ports), str(RATE), str(CONNECTIONS)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = {}
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    try:
        yield result
    finally:
        result |= json.loads(process.communicate("end", timeout=60)[0])


@pytest.mark.timeout(1200)
def test_a_good_client_beside_an_attack(lab: Driver) -> None:
    before, most = resident(lab), dict[str, int]()
    p99: dict[str, list[float]] = {"quiet": [], "hostile": []}
    for _ in range(ROUNDS):
        for kind, measured in p99.items():
            with ExitStack() as stack:
                result = stack.enter_context(attack(lab)) if kind == "hostile" else {}
                run = lab.json(*LOAD, timeout=120)
                most = {name: max(size, most.get(name, 0)) for name, size in resident(lab).items()}
            measured.append(run["latency_ms"]["p99"])
            print(f"{kind}: p99 {measured[-1]:.1f} ms, p50 {run['latency_ms']['p50']:.1f} ms, "
                  f"load average {os.getloadavg()[0]:.1f}; {result}")
            assert (run["requests"]["failed"], run["ledger"]["lost_spans"]) == (0, 0)
            assert not [key for key in result.get("statuses", ()) if re.fullmatch(r"\w+ 5(?!01|05)\d\d", key)]
    ratio = statistics.median(p99["hostile"]) / statistics.median(p99["quiet"])
    grew = {name: (most[name] - before[name]) >> 20 for name in before}
    print(f"p99 beside the attack is {ratio:.2f} of the quiet one; memory grew by MiB: {grew}")
    assert ratio <= WORST_RATIO
    assert all(most[name] - before[name] <= GROWTH for name in before)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("owner", "port", "beginning"), [
    ("service", "SERVICE", b""), ("service", "SERVICE", b"POST /predict HTTP/1.1\r\n"), ("viewer", "VIEWER", b""),
    ("viewer", "VIEWER_GRPC", b""), ("viewer", "VIEWER_GRPC", H2_PREFACE), ("collector", "OTLP_HTTP", b""),
    ("collector", "OTLP_GRPC", b""), ("collector", "OTLP_GRPC", H2_PREFACE),
])
def test_ten_thousand_connections(lab: Driver, owner: str, port: str, beginning: bytes) -> None:
    good = next(one for one in http_ports(lab) if one.component == owner)
    pid = lab.pids()[owner]
    process, before, slowest, most = psutil.Process(pid), resident(lab)[owner], 0.0, 0
    with ExitStack() as held:
        for number in range(CROWD):
            client = held.enter_context(socket.socket())
            with suppress(OSError):                    # closed to make room already
                client.connect(("127.0.0.1", lab.ports[port]))
                client.sendall(beginning)
            if number % 2500 == 2499:
                begun = time.monotonic()
                assert raw_client.final_statuses(raw_client.exchange(good, good.good()) or b"") == [200], number
                slowest = max(slowest, time.monotonic() - begun - raw_client.SETTLED_S)
                most = max(most, process.memory_info().rss)
        most = max(most, process.memory_info().rss)
        open_at_most = process.num_fds()
        run = lab.json("load", "-n", "100", "--rps", "50", timeout=60)
    print(f"{owner} {port} {beginning[:4]!r}: {open_at_most} files open, memory grew by {(most - before) >> 20} MiB, "
          f"slowest good request on a new connection {slowest * 1000:.0f} ms")
    assert (run["requests"]["failed"], run["ledger"]["lost_spans"]) == (0, 0)
    assert most - before <= (GROWTH_OF_THE_COLLECTOR if owner == "collector" else GROWTH)


@pytest.mark.timeout(200)
def test_silent_and_slow_sockets_are_closed_within_ten_seconds(lab: Driver) -> None:
    for port in http_ports(lab):
        for name, client in slow_clients.of_http(port).items():
            took = raw_client.open_for(port.address, client)
            print(f"{port.component}, {name}: {took:.1f} s")
            assert took < LONGEST_OPEN_S, (port.component, name)
