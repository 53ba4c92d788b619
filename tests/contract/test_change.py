"""up, down and what changes between them."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import IO

import psutil
import pytest

from labctl.host import daemons
from labctl.host.waiting import until
from tests.contract.conftest import PLENTY_S, requests
from tests.driver import ROOT, Driver


def test_a_changed_setting_restarts_what_it_touches(own_lab: Driver) -> None:
    own_lab.run("up")
    before = own_lab.instances()
    own_lab.run("up", "--set", "DEFAULT_LATENCY_MS=1")
    after = own_lab.instances()
    assert after["service"] != before["service"]
    assert (after["viewer"], after["collector"]) == (before["viewer"], before["collector"])


def test_an_override_of_the_manifests_is_kept_until_it_is_taken_back(own_lab: Driver) -> None:
    given = ("--set", "service.limits.cpu=750m", "--set", "collector.limits.memory=100Mi")
    if own_lab.target == "local":
        refused = own_lab.run("up", *given, code=3).stderr
        assert "without limits" in refused
        assert "labctl up --target kind --set service.limits.cpu=750m" in refused
        assert daemons.running(own_lab.name) == []
        return
    wanted = {"service.limits.cpu": "750m", "collector.limits.memory": "100Mi"}
    own_lab.run("up", *given, timeout=120)
    before = own_lab.instances()
    own_lab.run("up")
    assert own_lab.instances() == before
    assert own_lab.json("status")["overrides"] == wanted
    rows = {row["name"]: row for row in own_lab.json("config")["settings"]}
    assert (rows["service.limits.cpu"]["value"], rows["service.limits.cpu"]["source"]) == ("750m", "the lab")
    limits = {one["component"]: (one["cpu_limit"], one["memory_limit"]) for one in own_lab.json("top")["components"]}
    assert limits["service"][0] == 0.75
    assert limits["collector"][1] == 100 << 20
    own_lab.run("up", "--unset", "all", timeout=120)
    assert own_lab.json("status")["overrides"] == {}
    assert {one["component"]: one["cpu_limit"] for one in own_lab.json("top")["components"]}["service"] == 0.5


def test_down_leaves_nothing_also_without_the_state_folder(processes: Driver) -> None:
    processes.run("up")
    shutil.rmtree(processes.state)
    processes.run("down")
    assert daemons.running(processes.name) == []
    for port in processes.ports.values():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    assert "was not up" in processes.run("down").stdout


def test_without_a_lab_the_line_that_starts_one_is_given(processes: Driver) -> None:
    for command in ("status", "check", "trace slowest", "metrics", "logs", "load"):
        refused = processes.run(*command.split(), code=1)
        assert f"labctl up --lab {processes.name}" in refused.stderr, command


def test_of_two_ups_one_wins(own_lab: Driver) -> None:
    first = own_lab.start("up")
    second = own_lab.start("up")
    # each of its waits has a timeout of a minute, so that one that hangs ends with what it waited for
    _, errors = zip(first.communicate(timeout=110), second.communicate(timeout=110), strict=True)
    codes = sorted([first.returncode, second.returncode])
    assert codes in ([0, 4], [0, 0]), errors     # the second may have come after the first had ended
    own_lab.run("check")


def test_a_held_lock_is_exit_4(own_lab: Driver) -> None:
    import fcntl

    lock = own_lab.state / f"{own_lab.name}.lock"
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert "locked" in own_lab.run("up", code=4).stderr


def test_a_foreign_program_on_a_port_is_named(processes: Driver) -> None:
    for name in ("SERVICE", "VIEWER", "OTLP_GRPC"):
        with socket.create_server(("127.0.0.1", processes.ports[name])):
            refused = processes.run("up", code=3)
            assert str(processes.ports[name]) in refused.stderr
            assert str(os.getpid()) in refused.stderr
    assert daemons.running(processes.name) == []


def test_up_converges_after_kill_9_at_any_moment(processes: Driver) -> None:
    for moment in (0.15, 0.3, 0.45, 0.6):
        process = processes.start("up", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moment)
        process.kill()
        process.wait()
    processes.run("up")
    components = [one.component for one in daemons.running(processes.name)]
    assert len(components) == len(set(components))
    processes.run("check")


def test_a_service_that_died_is_seen_and_started_again(processes: Driver) -> None:
    processes.run("up")
    psutil.Process(processes.pids()["service"]).kill()
    assert until(lambda: processes.run("status", code=None).returncode == 5, PLENTY_S)
    assert processes.run("check", code=5).stderr.count("service")
    processes.run("up")
    processes.run("check")


def test_sigterm_of_the_service_loses_nothing_that_was_answered(processes: Driver) -> None:
    processes.run("up")
    service = psutil.Process(processes.pids()["service"])
    run = processes.json("load", "-n", "300", "-c", "20")
    service.send_signal(signal.SIGTERM)
    service.wait(40)
    assert run["ledger"]["lost"] == []
    assert until(lambda: requests(processes) == 301, PLENTY_S), requests(processes)          # and the canary


def test_a_wrong_setting_is_one_clear_line(own_lab: Driver) -> None:
    # plain processes are asked before anything is stopped; in a cluster the new pod says it while the old one serves
    failed = own_lab.run("up", "--set", "DEFAULT_LATENCY_MS=soon", code=2 if own_lab.target == "local" else 1)
    assert "DEFAULT_LATENCY_MS" in failed.stderr, failed.stderr
    assert "soon" in failed.stderr
    assert "LABCTL_SERVICE_PORT" in own_lab.run("up", "--set", "LABCTL_SERVICE_PORT=high", code=2).stderr


def test_of_a_new_lab_that_fails_nothing_is_left(processes: Driver) -> None:
    processes.run("up", "--set", "DEFAULT_LATENCY_MS=soon", code=2)
    assert daemons.running(processes.name) == []


@pytest.mark.timeout(90)
def test_dev_serves_what_was_saved(own_lab: Driver, tmp_path: Path) -> None:
    project = tmp_path / "project"
    for name in ("service", "manifests", "labctl"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Dockerfile", ".dockerignore", "kind-mcp-cluster.yaml"):
        shutil.copy(ROOT / name, project / name)
    dev = own_lab.start("dev", "--project", str(project))
    try:
        assert dev.stderr
        assert dev.stdout
        _await_line(dev.stderr, "See one trace arrive")
        app = project / "service" / "app.py"
        app.write_text(app.read_text().replace('"status": "ok"', '"status": "ok, edited"'))
        assert "; serving after " in _await_line(dev.stdout, "service/app.py: ")
        with urllib.request.urlopen(f"{own_lab.url('SERVICE')}/health", timeout=30) as answer:
            assert json.load(answer)["status"] == "ok, edited"
    finally:
        dev.send_signal(signal.SIGINT)
        dev.communicate(timeout=30)
    assert dev.returncode == 130


def _await_line(stream: IO[str], part: str) -> str:
    return next(line for line in stream if part in line)
