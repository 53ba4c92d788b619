"""Bar 7: a million changed requests to a lab's service, viewer and collector, in ten slices, each with its own seed: 0 × 5xx.

A slice by itself: pytest tests/soak/test_million_requests.py -k 'slice3'
"""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests.driver import Driver, a_name, collector_on_path
from tests.hostile.fuzzer import Outcome, fuzz
from tests.hostile.logs import failures_of_processes
from tests.hostile.ports import http_ports

ANSWERS = int(os.environ.get("SOAK_REQUESTS", "1000000"))
SLICES = 10
SHARES = {"service": 0.5, "viewer": 0.2, "collector": 0.3}
AT_ONCE = 2                            # clients of each component


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("slice_", range(SLICES), ids=lambda number: f"slice{number}")
def test_nothing_fails(tmp_path: Path, slice_: int) -> None:
    if not collector_on_path():
        pytest.skip("otelcol is not on the PATH")
    lab = Driver(a_name("fuzz"), tmp_path, settings={"DEFAULT_LATENCY_MS": "0"})
    with lab.up():
        before, begun = resident(lab), time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            running = {f"{port.component} {client}": pool.submit(
                           fuzz, port, slice_ * AT_ONCE + client, int(ANSWERS * SHARES[port.component] / SLICES / AT_ONCE))
                       for port in http_ports(lab) for client in range(AT_ONCE)}
            outcomes = {name: future.result() for name, future in running.items()}
        took, after = time.monotonic() - begun, resident(lab)
        run = lab.json("load", "-n", "100", "--rps", "50", timeout=60)
    told(outcomes, took, {name: (after[name] - before[name]) >> 20 for name in before})
    assert {name: one.failures for name, one in outcomes.items() if one.failures} == {}
    assert {name: one.stuck for name, one in outcomes.items() if one.stuck} == {}
    assert (run["requests"]["failed"], run["ledger"]["lost_spans"]) == (0, 0)
    assert failures_of_processes(lab) == []


def resident(lab: Driver) -> dict[str, int]:
    return {name: psutil.Process(pid).memory_info().rss for name, pid in lab.pids().items()}


def told(outcomes: dict[str, Outcome], took: float, grew: dict[str, int]) -> None:
    def total(name: str) -> int:
        return sum(getattr(one, name) for one in outcomes.values())

    print(f"{total('answered')} answered requests of {total('sent')} sent on {total('connections')} connections in {took:.0f} s, "
          f"{total('known')} of them the collector's known 500; resident memory grew by MiB: {grew}")
    for name, one in outcomes.items():
        print(f"  {name}: {dict(sorted(one.statuses.items()))}")
