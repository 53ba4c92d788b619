"""Faults of a lab of processes, made by hand: `labctl why` names each first, and its remedy mends the lab."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from tests.driver import Driver, a_name, collector_on_path
from tests.soak.by_hand import killed, mended_by, named_first, process_of, signalled, started_again

pytestmark = pytest.mark.skipif(not collector_on_path(), reason="no collector on the PATH: its faults are not tested here")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    driver = Driver(a_name("by-hand"), tmp_path_factory.mktemp("state"), settings={"DEFAULT_LATENCY_MS": "5"})
    with driver.up():
        yield driver


@pytest.fixture
def lab(shared: Driver) -> Iterator[Driver]:
    yield shared
    shared.run("up")


def _service(**env: str) -> Callable[[Driver], None]:
    return lambda lab: started_again(lab, "service", env=env)


def _collector(before: str, after: str) -> Callable[[Driver], None]:
    return lambda lab: started_again(lab, "collector", edit=(before, after))


MADE: dict[str, Callable[[Driver], None]] = {
    "service-gone": lambda lab: killed(process_of(lab, "service")),
    "collector-gone": lambda lab: killed(process_of(lab, "collector")),
    "viewer-gone": lambda lab: killed(process_of(lab, "viewer")),
    "collector-suspended": partial(signalled, component="collector", number=signal.SIGSTOP),
    "viewer-suspended": partial(signalled, component="viewer", number=signal.SIGSTOP),
    "wrong-command": lambda lab: started_again(lab, "service", last="inference"),
    "unusable-setting": _service(DEFAULT_LATENCY_MS="ten"),
    "wrong-port": _service(OTEL_EXPORTER_OTLP_ENDPOINT="http://localhost:9"),
    "sdk-disabled": _service(OTEL_SDK_DISABLED="true"),
    "no-exporter": _service(OTEL_TRACES_EXPORTER="console"),
    "rare-sampling": _service(OTEL_TRACES_SAMPLER="traceidratio", OTEL_TRACES_SAMPLER_ARG="0"),
    "propagator": _service(OTEL_PROPAGATORS="none"),
    "late-export": _service(OTEL_BSP_SCHEDULE_DELAY="3600000"),
    "slow-step": _service(SLOW_SPAN="validate_input:50%:2000ms"),
    "unknown-key": _collector("check_interval", "max_recv_msg_size"),
    "viewer-address": _collector("${env:VIEWER_ENDPOINT:-http://127.0.0.1:9003}", "http://127.0.0.1:9"),
    "debug-only": lambda lab: started_again(lab, "collector", env={"EXPORTERS": "[debug]"}),
    "receiver-port": _collector("${env:OTLP_GRPC_PORT:-4317}", "24317"),
    "slow-batch": _collector("timeout: 50ms", "timeout: 5m"),
}


@pytest.mark.parametrize("fault", MADE)
def test_it_is_named_first_and_mended(lab: Driver, fault: str) -> None:
    MADE[fault](lab)
    mended_by(lab, named_first(lab, fault)["remedy"])


def test_a_locked_store(lab: Driver) -> None:
    with closing(sqlite3.connect(lab.state / lab.name / "viewer.db", isolation_level=None)) as store:
        store.execute("BEGIN EXCLUSIVE")
        named_first(lab, "locked-store")
    lab.run("check", "--timeout", "15s")


def test_another_program_on_the_port(lab: Driver, tmp_path: Path) -> None:
    killed(process_of(lab, "service"))
    port = str(lab.ports["SERVICE"])
    with subprocess.Popen([sys.executable, "-m", "http.server", port, "--bind", "127.0.0.1", "-d", str(tmp_path)],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        try:
            remedy = named_first(lab, "port-taken")["remedy"]
            assert str(program.pid) in remedy or "LABCTL_SERVICE_PORT" in remedy, remedy
        finally:
            program.kill()
