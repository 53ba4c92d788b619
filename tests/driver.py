"""Drives labctl as a user does: in a process of its own, on ports and a state folder of the test's."""

import json
import os
import random
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from labctl.components import DEFAULT_PORTS
from tests import preloaded

ROOT = Path(__file__).resolve().parent.parent
LABCTL = str(Path(sys.executable).parent / "labctl")
PORTS = tuple(name.upper() for name in DEFAULT_PORTS)

_GIVEN: set[int] = set()


def free_ports(count: int) -> list[int]:
    """From a range of this worker's own, below the ports that the kernel gives to clients: nobody takes them before we do."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    begin = 12000 + worker % 8 * 2000
    return list(islice(filter(_is_free, iter(lambda: random.randrange(begin, begin + 2000), 0)), count))


def _is_free(port: int) -> bool:
    if port in _GIVEN:
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    _GIVEN.add(port)
    return True


def path_without_collector() -> str:
    """PATH less every folder that holds a collector."""
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(f for f in folders if not any(shutil.which(n, path=f) for n in ("otelcol", "otelcol-contrib")))


def collector_on_path() -> bool:
    return bool(shutil.which("otelcol-contrib") or shutil.which("otelcol"))


def a_name(of: str) -> str:
    """A lab's name that no other test run on this machine has."""
    return f"{of}-{secrets.token_hex(3)}"


def kind_is_missing() -> str:
    """Why no cluster can be made here; empty when one can."""
    for program in ("docker", "kind"):
        if not shutil.which(program):
            return f"{program} is not on the PATH: the lab in a cluster is not tested here"
    asked = subprocess.run(["docker", "version"], capture_output=True, text=True, timeout=60, check=False)
    return f"the Docker engine does not answer: {asked.stderr.strip()}" if asked.returncode else ""


@dataclass
class Driver:
    """`afresh`: every command starts an interpreter, as it does for a user, instead of a copy of one that has labctl in it."""

    name: str
    state: Path
    path: str = field(default_factory=lambda: os.environ["PATH"])
    target: str = "local"
    cwd: Path = ROOT
    settings: dict[str, str] = field(default_factory=dict)
    afresh: bool = False
    ports: dict[str, int] = field(default_factory=lambda: dict(zip(PORTS, free_ports(len(PORTS)), strict=True)))

    @property
    def env(self) -> dict[str, str]:
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("OTEL_", "LABCTL_"))}
        mine = {"LABCTL_LAB": self.name, "LABCTL_STATE_DIR": str(self.state), "PATH": self.path, "LABCTL_TARGET": self.target}
        return kept | mine | {f"LABCTL_{n}_PORT": str(p) for n, p in self.ports.items()} | self.settings

    def start(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        return subprocess.Popen([LABCTL, *words], env=self.env, cwd=self.cwd, text=True, stdin=subprocess.DEVNULL, **pipes)

    def run(self, *words: str, code: int | None = 0, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        if self.afresh:
            process = self.start(*words)
            done = subprocess.CompletedProcess([LABCTL, *words], -1, *process.communicate(timeout=timeout))
            done.returncode = process.returncode
        else:
            done = preloaded.run([LABCTL, *words], self.env, self.cwd, timeout)
        assert "Traceback" not in done.stderr, done.stderr
        if code is not None:
            assert done.returncode == code, f"labctl {' '.join(words)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *words: str, code: int | None = 0, timeout: float = 60) -> Any:
        return json.loads(self.run(*words, "-o", "json", code=code, timeout=timeout).stdout)

    def pids(self) -> dict[str, int]:
        return {one["name"]: one["pid"] for one in self.json("status", code=None)["components"]}

    def instances(self) -> dict[str, object]:
        """What tells a component that was replaced from one that was not: its process id, or its pod's name."""
        return {one["name"]: one["pid"] or one["pod"] for one in self.json("status", code=None)["components"]}

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    @contextmanager
    def up(self, *words: str) -> Iterator["Driver"]:
        self.run("up", *words)
        try:
            yield self
        finally:
            self.run("down", code=None)
