"""The README's appendix, as it stands there: the lab comes by hand, labctl recognises it and leaves it alone."""

import contextlib
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator

import pytest

from tests.driver import ROOT, Driver, kind_is_missing

APPENDIX = (ROOT / "README.md").read_text().partition("## Appendix: by hand")[2]
MAKE, DELETE = re.findall(r"^```sh\n(.*?)^```$", APPENDIX, re.MULTILINE | re.DOTALL)
PORTS = {"SERVICE": 9002, "VIEWER": 9003, "OTLP_GRPC": 4317, "OTLP_HTTP": 4318}
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def taken() -> str:
    """What stands in the way of the tutorial's own names and ports."""
    for port in (*PORTS.values(), 9102):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return f"port {port} is in use"
    there = subprocess.run(["kind", "get", "clusters"], capture_output=True, text=True, timeout=20, check=False).stdout.split()
    return "there is a cluster mcp-cluster" if "mcp-cluster" in there else ""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    if why := kind_is_missing() or taken():
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("hand")
    driver = Driver("ai-ml-lab-2-2", folder / "state", target="kind", settings={"KUBECONFIG": str(folder / "config")})
    driver.ports |= PORTS
    try:
        run(driver, MAKE)
        yield driver
    finally:
        run(driver, DELETE)


def run(lab: Driver, script: str) -> None:
    """Runs a block of the README, and ends what it has left in the background."""
    shell = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", script], env=lab.env, cwd=ROOT, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )
    try:
        code = shell.wait(240)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGTERM)
        said = shell.communicate(timeout=10)[0]
    assert code == 0, said


def test_it_is_recognised_and_can_be_used(lab: Driver) -> None:
    status = lab.json("status")
    assert (status["target"], status["state"]) == ("kind", "ready")
    assert status["components"][0]["image"] == "ai-lab-2-2-paid:v1"
    assert lab.json("predict", "0.5", "1.5", "2.0")["prediction"] == 4.0
    assert lab.json("check")["ok"] is True
    assert lab.json("load", "-n", "50")["ledger"]["lost"] == []
    assert "Traces" in lab.run("logs", "collector").stdout


def test_it_is_left_alone(lab: Driver) -> None:
    before = lab.instances()
    for command in ("up", "down"):
        assert "was not made for the lab" in lab.run(command, code=3).stderr
    assert lab.instances() == before


def test_no_manifest_is_warned_of(lab: Driver) -> None:
    tried = subprocess.run(
        ["kubectl", "apply", "--dry-run=server", "-f", "manifests/namespace.yaml", "-f", "manifests/"], env=lab.env, cwd=ROOT,
        capture_output=True, text=True, check=True, timeout=60,
    )
    assert "Warning" not in tried.stderr + tried.stdout


def test_what_is_published_already_is_said(lab: Driver) -> None:
    assert "publishes it" in lab.run("forward", "service", "9002:9000").stdout
