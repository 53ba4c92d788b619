"""What the lines that run in the service's place say of each connection; they are run here, by this Python."""

import socket
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import pytest

from labctl.errors import LabError
from labctl.lab.connections import look
from labctl.model import Command, CommandOutput, Peer
from tests.driver import free_ports


@dataclass
class Place:
    """Runs a command of ours with an environment of its own."""

    ends: list[Peer]
    env: dict[str, str] = field(default_factory=dict)

    def peers(self) -> list[Peer]:
        return self.ends

    def output_of(self, command: Command, timeout_s: float) -> CommandOutput:
        argv = [sys.executable, *command.argv[1:]]
        done = subprocess.run(argv, env=self.env, capture_output=True, timeout=timeout_s, check=False)
        return CommandOutput(done.returncode, done.stdout, done.stderr)


def results(place: Any) -> dict[str, Any]:
    return {one.hop: one for one in look(place)}


def test_each_connection_is_tried_and_said() -> None:
    [closed] = free_ports(1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ends = [Peer("open", "localhost", port), Peer("closed", "127.0.0.1", closed), Peer("unknown", "no-such-name.invalid", 1)]
        found = results(Place(ends, {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}"}))
    assert found["open"].ok
    assert "localhost:" in found["open"].seen
    assert "is 127.0.0.1" in found["open"].seen
    assert found["OTEL_EXPORTER_OTLP_ENDPOINT"].ok
    assert (found["closed"].ok, "refused" in found["closed"].seen) == (False, True)
    assert not found["unknown"].ok
    assert found["closed"].hint
    assert found["closed"].ms < 3000


def test_an_endpoint_that_is_not_set_or_no_address_is_not_fine() -> None:
    for endpoint in ({}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://[::1"}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x:port"}):
        assert not results(Place([], dict(endpoint)))["OTEL_EXPORTER_OTLP_ENDPOINT"].ok


def test_a_place_where_the_lines_cannot_run_is_said() -> None:
    class NoPython(Place):
        def output_of(self, command: Command, timeout_s: float) -> CommandOutput:
            return CommandOutput(127, b"", b"python: not found")

    with pytest.raises(LabError) as raised:
        results(NoPython([]))
    assert "not found" in raised.value.detail
