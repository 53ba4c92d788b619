"""Bar 7 in a cluster, by the ports that its node publishes: hostile input of every kind while a good client runs.

A proxy of the engine stands before the node's ports: what a server has closed is seen in its pod and not by the client, and the
proxy takes the answers that a client does not read.
"""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from labctl import components
from tests.driver import Driver
from tests.e2e.kind.test_replacement import kubectl
from tests.hostile import http_shapes, raw_client, slow_clients
from tests.hostile.http_shapes import H2_PREFACE, OF_HTTP
from tests.hostile.logs import failures
from tests.hostile.ports import HttpPort, http_ports
from tests.hostile.slow_clients import SlowClient
from tests.soak.hostile_rounds import GROWTH, LOAD, Crowd, ratio_beside_an_attack
from tests.soak.kind.containers import connections, containers

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

ROUNDS = int(os.environ.get("SOAK_ROUNDS", "3"))
PUBLISHED = ("SERVICE", "VIEWER", "OTLP_GRPC", "OTLP_HTTP")
HTTP = ("service", "viewer", "collector")
CROWD, SLOW = 3000, 5                  # connections; of each kind of slow client
LONGEST_OPEN_S = 10.0


def resident(lab: Driver) -> dict[str, int]:
    return {name: one.resident for name, one in containers(lab).items()}


def identities(lab: Driver) -> dict[str, tuple[int, int]]:
    return {name: (one.main, one.restarts) for name, one in containers(lab).items()}


def http_port(lab: Driver, owner: str) -> HttpPort:
    return next(one for one in http_ports(lab) if one.component == owner)


@pytest.fixture(scope="module")
def lab(kind_lab: Driver) -> Iterator[Driver]:
    """In the end it is the same lab: no container has started again, and none has logged that something has failed in it."""
    kind_lab.run("up", timeout=240)
    kind_lab.json(*LOAD, timeout=120)                  # connections, caches
    before = identities(kind_lab)
    yield kind_lab
    assert identities(kind_lab) == before
    for one in components.COMPONENTS:
        assert failures(kubectl(kind_lab, "logs", f"deployment/{one.cluster.deployment}", "--tail=-1")) == []


def test_a_good_client_beside_an_attack(lab: Driver) -> None:
    """By how much its p99 grows is asked where no proxy takes its share of the machine: of a lab of processes."""
    ports = {name: lab.ports[name] for name in PUBLISHED}
    ratio_beside_an_attack(lab, ports, lambda: resident(lab), ROUNDS)


@pytest.mark.parametrize("owner", HTTP)
def test_a_wrong_shape_is_refused(lab: Driver, owner: str) -> None:
    port = http_port(lab, owner)
    shapes, wrong = http_shapes.shapes(port), {}
    answers = raw_client.exchange_all(port, [shape.data for shape in shapes.values()])
    for (name, shape), answer in zip(shapes.items(), answers, strict=True):
        statuses = raw_client.final_statuses(answer or b"")
        if answer is None or len(statuses) > shape.answers or not set(statuses) <= shape.statuses | OF_HTTP:
            wrong[name] = statuses
    assert not wrong


@pytest.mark.parametrize(("owner", "port", "beginning"), [
    ("service", "SERVICE", b""), ("service", "SERVICE", b"POST /predict HTTP/1.1\r\n"), ("viewer", "VIEWER", b""),
    ("collector", "OTLP_HTTP", b""), ("collector", "OTLP_GRPC", b""), ("collector", "OTLP_GRPC", H2_PREFACE),
])
def test_thousands_of_connections(lab: Driver, owner: str, port: str, beginning: bytes) -> None:
    assert Crowd(owner, port, beginning, CROWD).grows(lab, lambda: resident(lab)) <= GROWTH


class Trickling:
    """A slow client that has begun."""

    def __init__(self, port: HttpPort, client: SlowClient) -> None:
        self._left, self._trickle = client.beginning, client.trickle
        self.socket = socket.create_connection(port.address, 5)
        self.socket.setblocking(False)

    def push(self) -> None:
        """What of its beginning is left; then its trickle. It reads nothing."""
        with suppress(OSError):
            self._left = (self._left or self._trickle)[self.socket.send(self._left or self._trickle):]


@pytest.mark.parametrize("owner", HTTP)
def test_silent_and_slow_sockets_are_closed_within_ten_seconds(lab: Driver, owner: str) -> None:
    port, container = http_port(lab, owner), containers(lab)[owner]
    [own] = [one.own for _, one in components.ports() if lab.ports[one.name.upper()] == port.number]
    before = connections(lab, container, own)
    with ExitStack() as held:
        clients = []
        for client in [client for client in slow_clients.of_http(port).values() if client.reads for _ in range(SLOW)]:
            clients.append(Trickling(port, client))
            held.callback(clients[-1].socket.close)
            clients[-1].push()
        there = connections(lab, container, own) - before
        assert there
        began = time.monotonic()
        while there := there & connections(lab, container, own):
            print(f"{owner}: {len(there)} of {len(clients)} are open after {time.monotonic() - began:.1f} s")
            for one in clients:
                one.push()
            assert time.monotonic() < began + LONGEST_OPEN_S, there
