"""Bar 7: hostile input of every kind while a good client runs; ten thousand connections to each port.

Rounds with the attack and without it take turns, and medians are compared.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from tests.driver import Driver, a_name, collector_on_path
from tests.hostile import raw_client, slow_clients
from tests.hostile.http_shapes import H2_PREFACE
from tests.hostile.logs import failures_of_processes
from tests.hostile.ports import http_ports
from tests.soak.hostile_rounds import GROWTH, LOAD, Crowd, ratio_beside_an_attack

ROUNDS = int(os.environ.get("SOAK_ROUNDS", "5"))
# Go's servers have no limit on connections: a silent one takes 8 KiB of a goroutine's stack, and one that has begun HTTP/2 about
# 17 KiB, half of it the stacks of three goroutines, half what grpc-go keeps for it. read_buffer_size and write_buffer_size (4 KiB
# or none), GOGC and GOMEMLIMIT change nothing of it; a limit on open files would shut out good clients too
GROWTH_OF_THE_COLLECTOR = 192 << 20
WORST_RATIO = 1.5
CROWD = 10_000
LONGEST_OPEN_S = 10


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    if not collector_on_path():
        pytest.skip("otelcol is not on the PATH")
    driver = Driver(a_name("hostile"), tmp_path_factory.mktemp("hostile"))
    with driver.up():
        driver.json(*LOAD, timeout=120)                # connections, caches
        yield driver
    assert failures_of_processes(driver) == []


def resident(lab: Driver) -> dict[str, int]:
    return {name: psutil.Process(pid).memory_info().rss for name, pid in lab.pids().items()}


@pytest.mark.timeout(1200)
def test_a_good_client_beside_an_attack(lab: Driver) -> None:
    assert ratio_beside_an_attack(lab, lab.ports, lambda: resident(lab), ROUNDS) <= WORST_RATIO


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("owner", "port", "beginning"), [
    ("service", "SERVICE", b""), ("service", "SERVICE", b"POST /predict HTTP/1.1\r\n"), ("viewer", "VIEWER", b""),
    ("viewer", "VIEWER_GRPC", b""), ("viewer", "VIEWER_GRPC", H2_PREFACE), ("collector", "OTLP_HTTP", b""),
    ("collector", "OTLP_GRPC", b""), ("collector", "OTLP_GRPC", H2_PREFACE),
])
def test_ten_thousand_connections(lab: Driver, owner: str, port: str, beginning: bytes) -> None:
    grew = Crowd(owner, port, beginning, CROWD).grows(lab, lambda: resident(lab))
    assert grew <= (GROWTH_OF_THE_COLLECTOR if owner == "collector" else GROWTH)


@pytest.mark.timeout(200)
def test_silent_and_slow_sockets_are_closed_within_ten_seconds(lab: Driver) -> None:
    clients = [(port, name, client) for port in http_ports(lab) for name, client in slow_clients.of_http(port).items()]
    with ThreadPoolExecutor(len(clients)) as pool:
        took = pool.map(lambda one: raw_client.open_for(one[0].address, one[2]), clients)
        closed = {f"{port.component}, {name}": seconds for (port, name, _), seconds in zip(clients, took, strict=True)}
    print(*(f"{name}: {seconds:.1f} s" for name, seconds in closed.items()), sep="\n")
    assert {name: seconds for name, seconds in closed.items() if seconds >= LONGEST_OPEN_S} == {}
