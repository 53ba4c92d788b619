"""What the check of this machine says is true of it."""

import os
from pathlib import Path

import psutil
import pytest

from labctl.config import load
from labctl.host import daemons, ports, waiting
from labctl.host.daemons import Daemon, Running
from labctl.targets.local.target import LocalTarget


def checked(folder: Path) -> str:
    flags = {"LABCTL_STATE_DIR": str(folder), "LABCTL_LAB": "x", "LABCTL_SERVICE_PORT": "45991"}
    spec = load(flags, {}).spec()
    return list(LocalTarget(spec).check())[-1]


@pytest.fixture(autouse=True)
def free_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "taken", lambda _: False)


def test_ports_that_the_lab_has_are_not_called_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checked(tmp_path).startswith("ports free, ")
    service = Running("x", "service", 1, 0.0, "", {"service": 45991}, psutil.Process())
    monkeypatch.setattr(daemons, "running", lambda _, mark=daemons.LAB: [service] * (mark == daemons.LAB))
    assert checked(tmp_path).startswith("ports free or the lab's own, ")


def test_the_collector_is_named_as_the_program_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "otelcol-contrib"
    program.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "collector: otelcol-contrib" in checked(tmp_path)


def test_what_a_component_leaves_behind_as_it_ends_is_ended_too(tmp_path: Path) -> None:
    spec = load({"LABCTL_STATE_DIR": str(tmp_path), "LABCTL_LAB": f"left-{os.getpid()}"}, {}).spec()
    log = spec.state / "logs" / "jaeger.log"
    log.parent.mkdir(parents=True)
    script = 'trap "sleep 60 & exit" TERM; echo ready; while :; do sleep 0.05; done'
    daemons.start(spec.name, Daemon("jaeger", ("bash", "-c", script), {"PATH": "/usr/bin:/bin"}, log, {}, ""))
    assert waiting.until(log.read_text, 10.0)
    assert any("processes ended, none left" in str(note) for note in LocalTarget(spec).destroy())
    assert daemons.running(spec.name) == []
