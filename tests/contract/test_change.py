"""up, down and what changes between them."""

import os
import shutil
import signal
import socket
import subprocess
import time

import psutil

from labctl.host import daemons
from tests.driver import Driver


def test_a_changed_setting_restarts_what_it_touches(own_lab: Driver) -> None:
    own_lab.run("up")
    before = own_lab.pids()
    own_lab.run("up", "--set", "DEFAULT_LATENCY_MS=1")
    after = own_lab.pids()
    assert after["service"] != before["service"]
    assert (after["viewer"], after["collector"]) == (before["viewer"], before["collector"])


def test_down_leaves_nothing_also_without_the_state_folder(own_lab: Driver) -> None:
    own_lab.run("up")
    shutil.rmtree(own_lab.state)
    own_lab.run("down")
    assert daemons.running(own_lab.name) == []
    for port in own_lab.ports.values():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    assert "was not up" in own_lab.run("down").stdout


def test_without_a_lab_the_line_that_starts_one_is_given(own_lab: Driver) -> None:
    for command in ("status", "check", "trace slowest", "metrics", "logs", "load"):
        refused = own_lab.run(*command.split(), code=1)
        assert f"labctl up --lab {own_lab.name}" in refused.stderr, command


def test_of_two_ups_one_wins(own_lab: Driver) -> None:
    first = own_lab.start("up")
    second = own_lab.start("up")
    _, errors = zip(first.communicate(timeout=60), second.communicate(timeout=60), strict=True)
    codes = sorted([first.returncode, second.returncode])
    assert codes in ([0, 4], [0, 0]), errors     # the second may have come after the first had ended
    own_lab.run("check")


def test_a_held_lock_is_exit_4(own_lab: Driver) -> None:
    import fcntl

    lock = own_lab.state / f"{own_lab.name}.lock"
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert "locked" in own_lab.run("up", code=4).stderr


def test_a_foreign_program_on_a_port_is_named(own_lab: Driver) -> None:
    for name in ("SERVICE", "VIEWER", "OTLP_GRPC"):
        with socket.create_server(("127.0.0.1", own_lab.ports[name])):
            refused = own_lab.run("up", code=3)
            assert str(own_lab.ports[name]) in refused.stderr
            assert str(os.getpid()) in refused.stderr
    assert daemons.running(own_lab.name) == []


def test_up_converges_after_kill_9_at_any_moment(own_lab: Driver) -> None:
    for moment in (0.15, 0.3, 0.45, 0.6):
        process = own_lab.start("up", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moment)
        process.kill()
        process.wait()
    own_lab.run("up")
    components = [one.component for one in daemons.running(own_lab.name)]
    assert len(components) == len(set(components))
    own_lab.run("check")


def test_a_service_that_died_is_seen_and_started_again(own_lab: Driver) -> None:
    own_lab.run("up")
    psutil.Process(own_lab.pids()["service"]).kill()
    assert _until(lambda: own_lab.run("status", code=None).returncode == 5)
    assert own_lab.run("check", code=5).stderr.count("service")
    own_lab.run("up")
    own_lab.run("check")


def test_sigterm_of_the_service_loses_nothing_that_was_answered(own_lab: Driver) -> None:
    own_lab.run("up")
    service = psutil.Process(own_lab.pids()["service"])
    run = own_lab.json("load", "-n", "300", "-c", "20")
    service.send_signal(signal.SIGTERM)
    service.wait(10)
    assert run["ledger"]["lost"] == []
    requests = [one for one in own_lab.json("metrics")["series"] if one["name"] == "http_requests_total"]
    assert sum(one["value"] for one in requests) == 301      # and the canary


def test_a_wrong_setting_is_one_clear_line(own_lab: Driver) -> None:
    failed = own_lab.run("up", "--set", "DEFAULT_LATENCY_MS=soon", code=1)
    assert "DEFAULT_LATENCY_MS" in failed.stderr
    assert "soon" in failed.stderr
    assert daemons.running(own_lab.name) == []
    assert "LABCTL_SERVICE_PORT" in own_lab.run("up", "--set", "LABCTL_SERVICE_PORT=high", code=2).stderr


def _until(holds, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
    return True
