"""Machines that lack something: exit 3, a cause, a line that helps; nothing is made, and a local lab does not care."""

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driver import Driver, a_name

pytestmark = pytest.mark.skipif(not shutil.which("docker"), reason="docker is not on the PATH")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Driver]:
    driver = Driver(a_name("engine"), tmp_path / "state", target="kind")
    yield driver
    assert not (driver.state / driver.name / "kube").exists()


@pytest.fixture
def hung(tmp_path: Path) -> Iterator[str]:
    """An engine that takes connections and never answers."""
    path = tmp_path / "hung.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(64)
        held = []
        threading.Thread(target=lambda: [held.append(listener.accept()) for _ in range(64)], daemon=True).start()
        yield f"unix://{path}"


def only(tmp_path: Path, *programs: str) -> str:
    """A PATH with these programs alone."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in programs:
        (folder / name).symlink_to(shutil.which(name) or "/nonexistent")
    return str(folder)


def test_no_docker(lab: Driver, tmp_path: Path) -> None:
    lab.path = only(tmp_path, "kind")
    refused = lab.run("up", code=3).stderr
    assert "docker is not on the PATH" in refused
    assert "labctl up --target local" in refused
    assert "was not up" in lab.run("down").stdout


def test_no_kind(lab: Driver, tmp_path: Path) -> None:
    lab.path = only(tmp_path, "docker")
    refused = lab.run("up", code=3).stderr
    assert "kind is not on the PATH" in refused or "the Docker engine is not running" in refused
    assert "labctl up --target local" in refused


def test_an_engine_that_does_not_run(lab: Driver, tmp_path: Path) -> None:
    lab.settings["DOCKER_HOST"] = f"unix://{tmp_path}/none.sock"
    refused = lab.run("up", code=3).stderr
    assert "the Docker engine is not running" in refused
    assert "labctl up --target local" in refused


def test_an_engine_that_hangs_is_not_waited_for_by_a_local_lab(lab: Driver, hung: str) -> None:
    lab.settings["DOCKER_HOST"] = hung
    assert "does not answer within" in lab.run("up", code=3).stderr
    lab.target = "auto"
    report = lab.json("up")
    try:
        assert report["target"] == "local"
        assert "kind cannot be used: the Docker engine does not answer" in report["reason"]
        lab.run("check")
    finally:
        lab.run("down")


def test_a_port_that_is_taken_names_its_holder(lab: Driver) -> None:
    with socket.create_server(("127.0.0.1", lab.ports["SERVICE"])):
        refused = lab.run("up", code=3).stderr
    if "the Docker engine" not in refused:
        assert f"port {lab.ports['SERVICE']} (service) is taken by" in refused
        assert str(os.getpid()) in refused
