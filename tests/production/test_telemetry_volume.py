"""The bytes that a run is said to have sent are those that were on the wire: counted by a proxy between service and collector."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.driver import Driver, a_name, collector_on_path, free_ports, path_without_collector


class CountingProxy:
    """Passes every connection on to another port of this machine, and counts what its clients send."""

    def __init__(self, upstream: int) -> None:
        self.upstream, self.sent = upstream, 0
        self._server = socket.create_server(("127.0.0.1", free_ports(1)[0]))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                server = socket.create_connection(("127.0.0.1", self.upstream))
                for source, sink, counted in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._pump, args=(source, sink, counted), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                self.sent += len(data) if counted else 0
                sink.sendall(data)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def lab_behind_a_proxy(tmp_path: Path, path: str) -> Iterator[tuple[Driver, CountingProxy]]:
    driver = Driver(a_name("volume"), tmp_path, path=path)
    proxy = CountingProxy(driver.ports["OTLP_GRPC"])
    try:
        with driver.up("--set", f"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:{proxy.port}"):
            yield driver, proxy
    finally:
        proxy.close()


@pytest.mark.e2e
@pytest.mark.parametrize("path", [
    pytest.param(path_without_collector(), id="the viewer in the collector's place"),
    pytest.param(None, id="otelcol", marks=pytest.mark.skipif(not collector_on_path(), reason="there is no otelcol on the PATH")),
])
def test_measured_bytes_agree_with_the_wire(path: Any, tmp_path: Path) -> None:
    import os

    with lab_behind_a_proxy(tmp_path, path or os.environ["PATH"]) as (driver, proxy):
        before = proxy.sent
        run = driver.json("load", "-n", "1000", "--rps", "250", "-c", "50")
        wire = proxy.sent - before
        measured = run["telemetry"]
        assert measured["signals"]["traces"]["items"] >= 4 * 1000
        assert sum(one["bytes"] for one in measured["signals"].values()) == pytest.approx(wire, rel=0.05)
        assert measured["response"] == run["response_bytes"] > 100
        estimate = driver.json("cost", "--rps", "100")
        assert estimate["telemetry"] == measured
        assert estimate["requests"] == pytest.approx(100 * 730 * 3600)
        assert not estimate["unknown"]
        assert estimate["total"]["low"] == pytest.approx(sum(line["cost"]["low"] for line in estimate["lines"]))
