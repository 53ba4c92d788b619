"""Processes, ports, locks and requests on this machine."""

import fcntl
import os
import re
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from labctl.errors import LabError, Locked, Refused
from labctl.host import daemons, locks, ports, waiting
from labctl.host.daemons import Daemon

SLEEPER = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); print('up', flush=True); signal.pause()"
LISTENER = (
    "import signal, socket\ns = socket.create_server(('127.0.0.1', 0))\n"
    "print(s.getsockname()[1], 'up', flush=True); signal.pause()"
)
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)\nwhile True: signal.pause()"


def sleeper(folder: Path, code: str = SLEEPER) -> Daemon:
    return Daemon("sleeper", (sys.executable, "-c", code), {}, folder / "log", {"door": 1234}, "f00d")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    name = f"unit-{os.getpid()}-{tmp_path.name[-6:]}"
    yield name
    daemons.stop(daemons.running(name), 1)


def until_up(folder: Path) -> None:
    while "up" not in (folder / "log").read_text():
        time.sleep(0.005)


def test_a_daemon_is_found_by_its_token_alone(lab: str, tmp_path: Path) -> None:
    pid = daemons.start(lab, sleeper(tmp_path))
    until_up(tmp_path)
    [found] = daemons.running(lab)
    assert (found.pid, found.component, found.fingerprint, dict(found.listens)) == (pid, "sleeper", "f00d", {"door": 1234})
    assert lab in daemons.labs()
    assert daemons.running(f"{lab}-other") == []


def test_a_daemon_survives_in_a_session_of_its_own(lab: str, tmp_path: Path) -> None:
    pid = daemons.start(lab, sleeper(tmp_path))
    assert os.getsid(pid) == pid


def test_stop_asks_first_and_kills_last(lab: str, tmp_path: Path) -> None:
    daemons.start(lab, sleeper(tmp_path))
    until_up(tmp_path)
    assert daemons.stop(daemons.running(lab), 5) == []
    (tmp_path / "log").unlink()
    daemons.start(lab, sleeper(tmp_path, STUBBORN))
    until_up(tmp_path)
    assert [one.component for one in daemons.stop(daemons.running(lab), 0.1)] == ["sleeper"]
    assert daemons.running(lab) == []


def test_what_cannot_be_started_is_a_clear_error(lab: str, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="cannot be started"):
        daemons.start(lab, Daemon("x", ("/nowhere/program",), {}, tmp_path / "log", {}, ""))


def test_secrets_of_our_environment_do_not_reach_a_daemon(lab: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    pid = daemons.start(lab, sleeper(tmp_path))
    assert "AWS_SECRET_ACCESS_KEY" not in psutil.Process(pid).environ()


def test_a_taken_port_and_its_holder() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert ports.taken(port)
        assert ports.answers(port)
        assert ports.holder(port).pid == os.getpid()
    assert not ports.taken(port)
    assert not ports.answers(port)


def test_a_port_that_a_closed_connection_still_has_is_not_said_to_be_a_programs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        client.bind(("127.0.0.1", 0))
        port = client.getsockname()[1]
        client.connect(server.getsockname())
        accepted, _ = server.accept()
        client.shutdown(socket.SHUT_RDWR)                      # the side that closes first waits
        accepted.close()
        client.close()
        assert ports.taken(port)                               # it was bound without SO_REUSEADDR
        assert waiting.until(lambda: "TIME_WAIT" in str(ports.holder(port)), 5.0)
        assert "another user" not in str(ports.holder(port))
        with pytest.raises(Refused) as refused:
            ports.require_free({"service": port})
    assert re.match(r"sleep 60; labctl[^\n]*\nlabctl up --set", refused.value.hint)


def test_all_taken_ports_are_named_at_once_with_a_line_that_gives_others() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        wanted = {"service": one.getsockname()[1], "viewer": other.getsockname()[1]}
        with pytest.raises(Refused) as refused:
            ports.require_free(wanted)
    assert all(f"{port} ({name}) by " in refused.value.detail for name, port in wanted.items())
    assert re.search(r"labctl up --set LABCTL_SERVICE_PORT=\d+ --set LABCTL_VIEWER_PORT=\d+$", refused.value.hint)
    ports.require_free(wanted)


def test_the_holder_of_another_lab_is_named_by_its_lab(lab: str, tmp_path: Path) -> None:
    daemons.start(lab, sleeper(tmp_path, LISTENER))
    until_up(tmp_path)
    port = int((tmp_path / "log").read_text().split()[0])
    with pytest.raises(Refused) as refused:
        ports.require_free({"service": port})
    assert f"the sleeper of the lab {lab}" in refused.value.message
    assert refused.value.hint.startswith(f"labctl down --lab {lab}\nlabctl up --set LABCTL_SERVICE_PORT=")


def test_the_holder_is_found_where_only_own_processes_may_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(**_: str) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", denied)
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert ports.holder(server.getsockname()[1]).pid == os.getpid()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_lock_is_held_on_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "lab.lock"
    path.symlink_to("/dev/full")
    held = False
    with locks.hold(path, "down"):
        held = True
    assert held


def test_a_lock_is_held_once_and_names_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "lab.lock"
    with locks.hold(path, "up"):
        with pytest.raises(Locked) as error, locks.hold(path, "down"):
            pass
        assert f"labctl up (pid {os.getpid()})" in error.value.message
    with locks.hold(path, "down"):
        pass


def test_the_lock_of_a_lab_that_left_nothing_is_deleted(tmp_path: Path) -> None:
    path = tmp_path / "lab.lock"
    with locks.hold(path, "down"):
        assert path.exists()
    assert not path.exists()
    (tmp_path / "lab").mkdir()
    with locks.hold(path, "down"):
        pass
    assert path.exists()


def test_a_lock_file_that_was_deleted_meanwhile_is_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, lock = tmp_path / "lab.lock", fcntl.flock
    calls: list[object] = []

    def flock(file: object, operation: int) -> None:
        if not calls:
            path.unlink()
        calls.append(file)
        lock(file, operation)  # type: ignore[arg-type]

    monkeypatch.setattr(fcntl, "flock", flock)
    with locks.hold(path, "up"):
        assert path.exists()
    assert len(calls) == 2
