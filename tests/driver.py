"""Drives labctl as a user does: the installed command, in a process of its own, on ports and a state folder of the test's."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LABCTL = str(Path(sys.executable).parent / "labctl")
PORTS = ("SERVICE", "VIEWER", "VIEWER_GRPC", "OTLP_GRPC", "OTLP_HTTP", "COLLECTOR_METRICS", "COLLECTOR_HEALTH")


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def path_without_collector() -> str:
    """PATH less every folder that holds a collector."""
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(f for f in folders if not any(shutil.which(n, path=f) for n in ("otelcol", "otelcol-contrib")))


def collector_on_path() -> bool:
    return bool(shutil.which("otelcol-contrib") or shutil.which("otelcol"))


@dataclass
class Driver:
    name: str
    state: Path
    path: str = os.environ["PATH"]
    target: str = "local"
    cwd: Path = ROOT
    settings: dict[str, str] = field(default_factory=dict)
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
        process = self.start(*words)
        out, err = process.communicate(timeout=timeout)
        assert "Traceback" not in err, err
        if code is not None:
            assert process.returncode == code, f"labctl {' '.join(words)}: exit {process.returncode}\n{out}\n{err}"
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def json(self, *words: str, code: int | None = 0, timeout: float = 60) -> Any:
        return json.loads(self.run(*words, "-o", "json", code=code, timeout=timeout).stdout)

    def pids(self) -> dict[str, int]:
        return {one["name"]: one["pid"] for one in self.json("status", code=None)["components"]}

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    @contextmanager
    def up(self, *words: str) -> Iterator["Driver"]:
        self.run("up", *words)
        try:
            yield self
        finally:
            self.run("down", code=None)
