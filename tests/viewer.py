"""A viewer on free ports, in a process of its own; and what tests send to it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import grpc

from labctl.host.http import Answer, Unreachable, get, post
from tests.driver import free_ports

PROTOBUF, JSON = {"content-type": "application/x-protobuf"}, {"content-type": "application/json"}
GRPC = {"traces": "trace.v1.TraceService", "metrics": "metrics.v1.MetricsService", "logs": "logs.v1.LogsService"}


class Viewer:
    """`embedded`: it stands for the collector too. `host`: of this machine, at which it listens."""

    def __init__(self, folder: Path, *options: str, embedded: bool = False, host: str = "127.0.0.1") -> None:
        self.db = folder / "viewer.db"
        self.log = folder / "viewer.log"
        self._options = options
        names = ["http", "grpc", *(("otlp-grpc", "otlp-http", "metrics", "health") if embedded else ())]
        self.at = {name: f"{host}:{port}" for name, port in zip(names, free_ports(len(names)), strict=True)}
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.argv(), stderr=log)
        while True:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if get(f"{self.url}/health").status == 200:
                    return self.process
            except Unreachable:
                time.sleep(0.02)

    def argv(self) -> list[str]:
        addresses = [word for name, address in self.at.items() for word in (f"--{name}", address)]
        return [sys.executable, "-m", "labctl.telemetry", "--db", str(self.db), *addresses, *self._options]

    @property
    def url(self) -> str:
        return f"http://{self.at['http']}"

    @property
    def port(self) -> int:
        return int(self.at["http"].rpartition(":")[2])

    def kill(self, number: int = signal.SIGKILL) -> int:
        os.kill(self.process.pid, number)
        return self.process.wait(60)

    def send(self, body: bytes, headers: dict[str, str] | None = None, signal_: str = "traces") -> Answer:
        return post(f"{self.url}/v1/{signal_}", body, PROTOBUF | (headers or {}), timeout_s=40)

    def export(self, body: bytes, signal_: str = "traces", compression: grpc.Compression | None = None) -> bytes:
        """Over gRPC; the answer's encoding. Raises grpc.RpcError."""
        with grpc.insecure_channel(self.at["grpc"]) as channel:
            call = channel.unary_unary(f"/opentelemetry.proto.collector.{GRPC[signal_]}/Export", None, None)
            return bytes(call(body, timeout=40, compression=compression))

    def counts(self) -> dict[str, Any]:
        return dict(get(f"{self.url}/api/counts", timeout_s=10).json())

    def trace(self, trace_id: bytes) -> dict[str, Any]:
        answer = get(f"{self.url}/api/traces/{trace_id.hex()}", timeout_s=20)
        assert answer.status == 200, answer.body
        return dict(answer.json())

    def rss(self) -> int:
        import psutil

        return int(psutil.Process(self.process.pid).memory_info().rss)
