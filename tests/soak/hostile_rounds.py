"""Bar 7 on any target: an attack beside a good client, and a crowd of connections beside it; what fails, and how memory grows.

The attack is a process of its own that keeps to a rate, so that what it takes of the machine itself is small, and known.
"""

import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from tests.driver import ROOT, Driver
from tests.hostile import raw_client
from tests.hostile.ports import http_ports

RATE, CONNECTIONS = 40, 2000           # hostile requests a second to all ports together, and connections held at a time
GROWTH = 64 << 20
LOAD = ("load", "-n", "1000", "--rps", "100", "-c", "30")

Resident = Callable[[], dict[str, int]]                # bytes of memory, by component


@contextmanager
def attack(ports: dict[str, int]) -> Iterator[dict[str, Any]]:
    """The result is there after the block."""
    command = [sys.executable, "-m", "tests.hostile.attack", json.dumps(ports), str(RATE), str(CONNECTIONS)]
    result: dict[str, Any] = {}
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        try:
            yield result
        finally:
            result |= json.loads(process.communicate("end", timeout=60)[0])


def ratio_beside_an_attack(lab: Driver, ports: dict[str, int], resident: Resident, rounds: int) -> float:
    """The good client's p99, medians of rounds with the attack and without it. Nothing of it fails, and memory stays."""
    before, most = resident(), dict[str, int]()
    p99: dict[str, list[float]] = {"quiet": [], "hostile": []}
    for _ in range(rounds):
        for kind, measured in p99.items():
            with ExitStack() as stack:
                result = stack.enter_context(attack(ports)) if kind == "hostile" else {}
                run = lab.json(*LOAD, timeout=120)
                most = {name: max(size, most.get(name, 0)) for name, size in resident().items()}
            measured.append(run["latency_ms"]["p99"])
            print(f"{kind}: p99 {measured[-1]:.1f} ms, p50 {run['latency_ms']['p50']:.1f} ms, "
                  f"load average {os.getloadavg()[0]:.1f}; {result}")
            assert (run["requests"]["failed"], run["ledger"]["lost_spans"]) == (0, 0)
            assert not [key for key in result.get("statuses", ()) if re.fullmatch(r"\w+ 5(?!01|05)\d\d", key)]
    ratio = statistics.median(p99["hostile"]) / statistics.median(p99["quiet"])
    grew = {name: (most[name] - before[name]) >> 20 for name in before}
    print(f"p99 beside the attack is {ratio:.2f} of the quiet one; memory grew by MiB: {grew}")
    assert all(most[name] - before[name] <= GROWTH for name in before)
    return ratio


@dataclass(frozen=True)
class Crowd:
    """So many connections to a port of `owner`, each of which begins with these bytes and then is silent."""

    owner: str
    port: str
    beginning: bytes
    size: int

    def grows(self, lab: Driver, resident: Resident) -> int:
        """Bytes of memory that it takes; good requests on new connections are answered meanwhile, and a load loses nothing."""
        good = next(one for one in http_ports(lab) if one.component == self.owner)
        before, slowest, most = resident()[self.owner], 0.0, 0
        with ExitStack() as held:
            for number in range(self.size):
                client = held.enter_context(socket.socket())
                with suppress(OSError):                # closed to make room already
                    client.connect(("127.0.0.1", lab.ports[self.port]))
                    client.sendall(self.beginning)
                if (number + 1) % (self.size // 4) == 0:
                    begun = time.monotonic()
                    assert raw_client.final_statuses(raw_client.exchange(good, good.good()) or b"") == [200], number
                    slowest = max(slowest, time.monotonic() - begun - raw_client.SETTLED_S)
                    most = max(most, resident()[self.owner])
            run = lab.json("load", "-n", "100", "--rps", "50", timeout=60)
            most = max(most, resident()[self.owner])
        print(f"{self.owner} {self.port} {self.beginning[:4]!r}: memory grew by {(most - before) >> 20} MiB, "
              f"slowest good request on a new connection {slowest * 1000:.0f} ms")
        assert (run["requests"]["failed"], run["ledger"]["lost_spans"]) == (0, 0)
        return most - before
