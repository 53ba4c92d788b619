"""`doctor --fix` puts right what is labctl's and of no use to anybody, and leaves the rest alone."""

import fcntl
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labctl import targets
from labctl.config import load
from labctl.host import daemons
from labctl.host.daemons import Daemon, Running
from labctl.lab.examining.repair import repair
from labctl.model import LabSpec, Repair
from labctl.targets.local.repair import repairs as local_repairs
from tests.driver import PORTS, a_name, free_ports

SLEEP = "import time; time.sleep(600)"
LISTEN = "import socket, time; s = socket.create_server(('127.0.0.1', {port})); time.sleep(600)"
Begin = Callable[..., list[Running]]


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabSpec:
    """A lab that is not up. Only the labs of this test are seen, and no Docker engine."""
    monkeypatch.setattr(targets, "NAMES", ("local",))
    monkeypatch.setattr(targets, "port_holder", lambda _: None)
    ports = {f"LABCTL_{name}_PORT": str(port) for name, port in zip(PORTS, free_ports(len(PORTS)), strict=True)}
    return load({"LABCTL_STATE_DIR": str(tmp_path / "state"), "LABCTL_LAB": a_name("own"), **ports}, {}).spec()


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    """Starts processes of a lab, by component and Python code, and waits until they are seen."""
    labs: set[str] = set()
    monkeypatch.setattr(daemons, "labs", lambda: set(labs))

    def start(lab: str, **codes: str) -> list[Running]:
        labs.add(lab)
        folder = tmp_path / "labs" / lab / "logs"
        folder.mkdir(parents=True)
        for component, code in codes.items():
            argv = (sys.executable, "-I", "-S", "-c", code)
            daemons.start(lab, Daemon(component.replace("_", "-"), argv, {}, folder / f"{component}.log", {}, ""))
        while len(found := daemons.running(lab)) < len(codes):
            pass
        return found

    yield start
    for lab in labs:
        daemons.stop(daemons.running(lab), 1.0)


def said(repairs: list[Repair], part: str) -> Repair:
    [found] = [one for one in repairs if part in f"{one.what} {one.why}"]
    return found


def test_another_lab_that_runs_without_its_folder_is_named_and_not_ended(spec: LabSpec, begin: Begin, tmp_path: Path) -> None:
    port = spec.ports["service"]
    [process] = begin("gone", service=LISTEN.format(port=port))
    while port not in process.listening():
        pass
    shutil.rmtree(tmp_path / "labs" / "gone")
    left = said(list(repair(spec)), "the lab gone runs without")
    assert (left.done, left.why) == (False, "labctl down --lab gone")
    assert len(daemons.running("gone")) == 1


def test_a_lab_that_runs_is_never_touched(spec: LabSpec, begin: Begin) -> None:
    begin("alive", service=SLEEP, log_rotation=SLEEP)
    assert [one for one in repair(spec) if "alive" in one.what] == []
    assert len(daemons.running("alive")) == 2


def test_a_rotation_of_logs_that_nobody_writes_is_ended(spec: LabSpec, begin: Begin) -> None:
    begin("killed", log_rotation=SLEEP)
    assert said(list(repair(spec)), "the lab killed").done
    assert daemons.running("killed") == []


def test_the_own_lab_is_not_ended_though_its_folder_was_deleted(spec: LabSpec, begin: Begin, tmp_path: Path) -> None:
    begin(spec.name, service=SLEEP)
    shutil.rmtree(tmp_path / "labs")
    left = said(list(local_repairs(spec)), "without its state folder")
    assert (left.done, left.why) == (False, "labctl down, then labctl up")
    assert len(daemons.running(spec.name)) == 1


def test_the_state_folder_is_made_and_stale_locks_go(spec: LabSpec, begin: Begin) -> None:
    folder = spec.state.parent
    assert said(list(repair(spec)), "created the state folder").done
    for name in ("stale", "kept", "held"):
        (folder / f"{name}.lock").touch()
    (folder / "kept").mkdir()
    with (folder / "held.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = [one.what for one in repair(spec)]
    assert [what for what in done if "lock" in what] == ["removed the lock stale.lock, which nobody held"]
    assert sorted(path.name for path in folder.glob("*.lock")) == ["held.lock", "kept.lock"]


def test_a_port_that_another_program_holds_is_left_to_it(spec: LabSpec, begin: Begin) -> None:
    with socket.create_server(("127.0.0.1", spec.ports["viewer"])):
        left = said(list(repair(spec)), f"port {spec.ports['viewer']}")
    assert not left.done
    assert "not labctl's" in left.why


def test_a_lab_that_is_being_changed_is_left_alone(spec: LabSpec, begin: Begin) -> None:
    list(repair(spec))
    with spec.state.with_suffix(".lock").open("a") as file:
        spec.state.mkdir()
        fcntl.flock(file, fcntl.LOCK_EX)
        assert "locked" in said(list(repair(spec)), f"the lab {spec.name}").why
