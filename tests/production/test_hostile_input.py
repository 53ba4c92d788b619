"""Hostile input at every port of a lab: each is refused, nothing fails, and a good client is served as before."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.driver import Driver, a_name, collector_on_path
from tests.hostile import http_shapes, raw_client, slow_clients
from tests.hostile.http_shapes import OF_HTTP, Shape
from tests.hostile.logs import failures_of_processes
from tests.hostile.ports import HttpPort, http_ports

# HTTP/2 has not begun: Go's gRPC waits 120 s for it (its ConnectionTimeout, for which the collector has no setting), then closes
NOT_SETTABLE = {"collector gRPC": {"silent", "half a preface", "a preface"}, "viewer gRPC": {"half a frame"}}


@dataclass
class Attack:
    """What came of everything at once, by port and name."""

    lab: Driver
    answers: dict[tuple[HttpPort, str], tuple[Shape, "Future[bytes | None]"]]
    open_s: dict[str, "Future[float]"]


@pytest.fixture(scope="module")
def attack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attack]:
    if not collector_on_path():
        pytest.skip("otelcol is not on the PATH: the collector's ports are not attacked here")
    lab = Driver(a_name("hostile"), tmp_path_factory.mktemp("hostile"), settings={"DEFAULT_LATENCY_MS": "5"})
    with lab.up(), ThreadPoolExecutor(96) as pool:
        ports = list(http_ports(lab))
        open_s = {f"{port.component}: {name}": pool.submit(raw_client.open_for, port.address, client)
                  for port in ports for name, client in slow_clients.of_http(port).items()}
        open_s |= {f"{owner}: {name}": pool.submit(raw_client.open_for, ("127.0.0.1", lab.ports[port]), client)
                   for owner, port in (("viewer gRPC", "VIEWER_GRPC"), ("collector gRPC", "OTLP_GRPC"))
                   for name, client in slow_clients.of_grpc().items() if name not in NOT_SETTABLE[owner]}
        answers = {(port, name): (shape, pool.submit(raw_client.exchange, port, shape.data))
                   for port in ports for name, shape in http_shapes.shapes(port).items()}
        yield Attack(lab, answers, open_s)


@pytest.mark.e2e
def test_a_wrong_shape_is_refused(attack: Attack) -> None:
    wrong = {}
    for (port, name), (shape, answer) in attack.answers.items():
        statuses = raw_client.final_statuses(answer.result() or b"")
        if answer.result() is None or len(statuses) > shape.answers or not set(statuses) <= shape.statuses | OF_HTTP:
            wrong[f"{port}, {name}"] = statuses
    assert not wrong


@pytest.mark.e2e
def test_silent_and_slow_clients_are_closed(attack: Attack) -> None:
    open_s = {name: future.result() for name, future in attack.open_s.items()}
    assert {name: took for name, took in open_s.items() if took >= raw_client.LONGEST_S} == {}


@pytest.mark.e2e
def test_a_good_client_is_served_and_no_log_has_a_traceback(attack: Attack) -> None:
    run = attack.lab.json("load", "-n", "50", "--rps", "50", timeout=60)
    assert (run["requests"]["failed"], run["ledger"]["lost_spans"]) == (0, 0)
    assert failures_of_processes(attack.lab) == []
