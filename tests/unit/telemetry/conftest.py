"""A viewer on free ports, in a process of its own, and a store in this one."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from labctl.host.http import Unreachable, get
from labctl.telemetry.store.retention import Bounds
from labctl.telemetry.store.store import Store
from tests.driver import free_ports

GENEROUS = Bounds(1 << 30, 86400)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "viewer.db", GENEROUS)
    yield opened
    opened.close()


class Viewer:
    """`embedded`: it stands for the collector too."""

    def __init__(self, folder: Path, *, embedded: bool = False) -> None:
        self.db = folder / "viewer.db"
        self.log = folder / "viewer.log"
        names = ["http", "grpc", *(("otlp-grpc", "otlp-http", "metrics", "health") if embedded else ())]
        self.at = {name: f"127.0.0.1:{port}" for name, port in zip(names, free_ports(len(names)), strict=True)}
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        options = [word for name, address in self.at.items() for word in (f"--{name}", address)]
        with self.log.open("ab") as log:
            process = subprocess.Popen([sys.executable, "-m", "labctl.telemetry", "--db", str(self.db), *options], stderr=log)
        while True:
            assert process.poll() is None, self.log.read_text()
            try:
                if get(f"{self.url}/health").status == 200:
                    return process
            except Unreachable:
                continue

    @property
    def url(self) -> str:
        return f"http://{self.at['http']}"

    def kill(self, number: int = signal.SIGKILL) -> int:
        os.kill(self.process.pid, number)
        return self.process.wait(10)


@pytest.fixture
def viewer(tmp_path: Path) -> Iterator[Viewer]:
    started = Viewer(tmp_path)
    yield started
    if started.process.poll() is None:
        started.kill()


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Viewer]:
    started = Viewer(tmp_path, embedded=True)
    yield started
    started.kill()
