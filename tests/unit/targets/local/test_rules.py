"""The rules for a lab of plain processes, on real processes of this test."""

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from labctl.findings import Finding, Kind, Symptom
from labctl.host import ports
from labctl.host.daemons import Running
from labctl.model import Health, LabSpec, LogLine, ObservedComponent, State
from labctl.targets.local.lab_processes import LabProcesses
from labctl.targets.local.rules import (
    RULES,
    log_deleted,
    open_files,
    port_taken,
    process_gone,
    process_stopped,
    store_locked,
    wrong_port,
)
from tests.driver import ROOT, free_ports

PROGRAM = """
import socket, sqlite3, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
store = sqlite3.connect(sys.argv[2], isolation_level=None) if len(sys.argv) > 2 else None
if store:
    store.execute("PRAGMA journal_mode=WAL")
    store.execute("BEGIN IMMEDIATE")
print("listening", flush=True)
sys.stdin.read()
"""


def begin(*words: object) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", PROGRAM, *map(str, words)]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "listening\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


@pytest.fixture
def port() -> int:
    return free_ports(1)[0]


@pytest.fixture
def process(port: int) -> Iterator[subprocess.Popen[str]]:
    begun = begin(port)
    yield begun
    end(begun)


def lab(
    tmp_path: Path, port: int, process: subprocess.Popen[str] | None, component: str = "viewer", **health: object,
) -> LabProcesses:
    name = "viewer" if component == "viewer" else "service"
    spec = LabSpec("the-lab", ROOT, tmp_path, {"viewer": port, "viewer_grpc": 0, "service": port}, {}, 1 << 30, 60)
    seen = Health(component, State.READY, **health)  # type: ignore[arg-type]
    there = {}
    if process:
        there[component] = Running("the-lab", component, process.pid, 0.0, "", {name: port}, psutil.Process(process.pid))
    return LabProcesses(spec, there, {component: ObservedComponent(seen)}, ports.listening())


def only(findings: Iterator[Finding]) -> Finding:
    [finding] = findings
    assert finding.kind is Kind.CAUSE
    return finding


def test_a_healthy_process_yields_nothing(tmp_path: Path, port: int, process: subprocess.Popen[str]) -> None:
    own = lab(tmp_path, port, process)
    for rule in RULES:
        if rule.find is not port_taken.find:            # the process has no token of a lab
            assert list(rule.find(own)) == []


def test_a_process_that_is_gone(tmp_path: Path, port: int) -> None:
    gone = lab(tmp_path, port, None)
    last = [LogLine("viewer", 1.0, "killed")]
    component = replace(gone.components["viewer"], health=Health("viewer", State.ABSENT), previous_log=last)
    finding = only(process_gone.find(replace(gone, components={"viewer": component})))
    assert finding.symptom is Symptom.VIEWER_DOWN
    assert finding.remedy == "labctl up"
    assert finding.evidence[-1].text == "killed"


INFO = "2026-11-26T10:00:01.000Z\tinfo\tTracesExporter\t{}"
ERROR = "2026-11-26T10:00:00.500Z\terror\tinternal/queue_sender.go:57\tExporting failed."


@pytest.mark.parametrize(("lines", "says"), [
    ([(98.5, ERROR), (99.0, INFO), (100.0, INFO)], ERROR),
    ([(99.0, INFO), (100.0, INFO)], "ends here, with no error"),
    ([(10.0, ERROR), (100.0, INFO)], "ends here, with no error"),              # has nothing to do with the end
    ([(100.0, '{"timestamp": "2026-11-26T10:00:01Z", "level": "ERROR", "message": "x"}')], '"level": "ERROR"'),
])
def test_the_evidence_of_one_that_was_killed_is_no_line_by_chance(
    tmp_path: Path, port: int, lines: list[tuple[float, str]], says: str,
) -> None:
    gone = lab(tmp_path, port, None)
    log = [LogLine("viewer", at, text) for at, text in lines]
    component = replace(gone.components["viewer"], health=Health("viewer", State.ABSENT), previous_log=log)
    finding = only(process_gone.find(replace(gone, components={"viewer": component})))
    assert says in finding.evidence[-1].text


def test_a_process_that_is_stopped(tmp_path: Path, port: int, process: subprocess.Popen[str]) -> None:
    os.kill(process.pid, signal.SIGSTOP)
    while psutil.Process(process.pid).status() != psutil.STATUS_STOPPED:
        time.sleep(0.005)
    finding = only(process_stopped.find(lab(tmp_path, port, process)))
    assert finding.remedy == f"kill -CONT {process.pid}"
    assert finding.leads_to == {Symptom.VIEWER_DOWN}


def test_a_process_that_is_stopped_and_continued_again_and_again(
    tmp_path: Path, port: int, process: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = itertools.cycle((True, False))
    monkeypatch.setattr("labctl.host.daemons.is_stopped", lambda _: next(looks))
    finding = only(process_stopped.find(lab(tmp_path, port, process)))
    assert "again and again" in finding.message
    assert "in 4 of 9 looks" in finding.evidence[0].text
    assert Symptom.SLOW in finding.leads_to
    assert finding.against


def test_a_process_that_only_its_health_has_seen_stopped(tmp_path: Path, port: int, process: subprocess.Popen[str]) -> None:
    seen = lab(tmp_path, port, process)
    failed = Health("viewer", State.FAILED, "stopped by a signal", hint=f"kill -CONT {process.pid}")
    finding = only(process_stopped.find(replace(seen, components={"viewer": ObservedComponent(failed)})))
    assert "in 1 of 9 looks" in finding.evidence[0].text


def test_a_port_that_another_program_has(tmp_path: Path, port: int, process: subprocess.Popen[str]) -> None:
    finding = only(port_taken.find(lab(tmp_path, port, None)))
    assert finding.remedy == f"kill {process.pid}; labctl up"
    assert str(process.pid) in finding.evidence[0].text


def test_a_process_that_listens_elsewhere(tmp_path: Path, process: subprocess.Popen[str]) -> None:
    [other] = free_ports(1)
    finding = only(wrong_port.find(lab(tmp_path, other, process, "service")))
    assert f"does not listen on {other} (service), but on " in finding.message


def test_a_process_that_listens_on_nothing_yet_is_starting(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, text=True)
    try:
        assert list(wrong_port.find(lab(tmp_path, free_ports(1)[0], process))) == []
    finally:
        process.communicate()


def test_a_process_with_as_many_files_as_it_may(tmp_path: Path, port: int, process: subprocess.Popen[str]) -> None:
    few = psutil.Process(process.pid).num_fds() + 1
    psutil.Process(process.pid).rlimit(psutil.RLIMIT_NOFILE, (few, few))
    finding = only(open_files.find(lab(tmp_path, port, process)))
    assert f"of {few} files open" in finding.evidence[0].text


def test_a_log_that_was_deleted(tmp_path: Path, port: int) -> None:
    log = tmp_path / "viewer.log"
    with log.open("w") as file:
        waiting = [sys.executable, "-c", "import sys; sys.stdin.read()"]
        process = subprocess.Popen(waiting, stdin=subprocess.PIPE, stdout=file, text=True)
    log.unlink()
    try:
        assert only(log_deleted.find(lab(tmp_path, port, process))).rule == "log-deleted"
    finally:
        process.communicate()


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="file locks are listed by Linux alone")
def test_a_store_that_another_program_has_locked(tmp_path: Path, port: int, process: subprocess.Popen[str]) -> None:
    locking = begin(free_ports(1)[0], tmp_path / "viewer.db")
    try:
        finding = only(store_locked.find(lab(tmp_path, port, process)))
        assert finding.remedy == f"kill {locking.pid}"
    finally:
        end(locking)
    assert list(store_locked.find(lab(tmp_path, port, process))) == []
