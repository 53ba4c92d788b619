"""--export-headers with a backend that demands a key: it gets everything, and the key is nowhere that others can read."""

import json
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cases.spans import wait_until
from tests.driver import Driver, a_name, collector_on_path, free_ports
from tests.planted import processes
from tests.soak.keyed_backend import HEADERS, KEY, config, headers_in, written

pytestmark = [pytest.mark.skipif(not collector_on_path(), reason="no collector on the PATH"), pytest.mark.timeout(300)]
COMMANDS = (
    "up", "up --explain", "status", "config", "describe collector", "why", "logs --tail 500", "doctor", "metrics --all", "runs",
    *(f"{name} -o json" for name in ("up", "up --explain", "status", "config", "describe collector", "why", "doctor", "check")),
)


class Backend:
    def __init__(self, folder: Path) -> None:
        self.port, self.file, self.folder = free_ports(1)[0], folder / "taken.jsonl", folder
        self.process = self.start()

    def start(self, key: str = KEY) -> "subprocess.Popen[bytes]":
        file = written(self.folder / "backend.json", config(f"127.0.0.1:{self.port}", file=str(self.file), key=key))
        program = shutil.which("otelcol-contrib") or "otelcol"
        with (self.folder / "backend.log").open("ab") as log:
            self.process = subprocess.Popen([program, "--config", str(file)], stderr=log)
        return self.process

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)

    def spans(self, run: str) -> int:
        """Of a run that it has taken."""
        if not self.file.exists():
            return 0
        resources = (one for line in self.file.read_text().splitlines() for one in json.loads(line).get("resourceSpans", ()))
        found = (span for one in resources for scope in one["scopeSpans"] for span in scope["spans"])
        return sum(span["traceId"].startswith(run) for span in found)


@contextmanager
def backend(folder: Path) -> Iterator[Backend]:
    found = Backend(folder)
    try:
        yield found
    finally:
        found.stop()


def test_a_backend_that_demands_a_key(tmp_path: Path) -> None:
    lab = Driver(a_name("keyed"), tmp_path / "lab", settings={"DEFAULT_LATENCY_MS": "20"})
    headers = headers_in(tmp_path)
    with backend(tmp_path) as keyed, lab.up("--export", f"keyed=http://127.0.0.1:{keyed.port}", "--export-headers", str(headers)):
        run = lab.json("load", "-n", "100", "--rps", "50")
        wait_until(lambda: keyed.spans(run["run_id"]) == 500)
        assert lab.json("why")["healthy"]
        assert lab.json("status")["switches"]["export-headers"] == f"keyed={headers}"
        assert not lab.json("up")["changed"]
        check_secrecy(lab, mine=keyed.process.pid)

        # another key: the backend refuses, which costs the viewer nothing, and `why` says so without the key
        keyed.stop()
        keyed.start("planted-other-key")
        run = lab.json("load", "-n", "100", "--rps", "50")
        assert (run["ledger"]["lost_spans"], keyed.spans(run["run_id"])) == (0, 0)
        wait_until(lambda: not lab.json("why", code=None)["healthy"])
        [cause] = [one for one in lab.json("why", code=None)["findings"] if one["kind"] == "cause"]
        assert cause["rule"] == "backend-refuses"
        assert KEY not in json.dumps(cause)

        # the file has the new one, which the next `up` takes over
        headers_in(tmp_path, HEADERS.replace(KEY, "planted-other-key"))
        assert lab.json("up")["changed"]
        run = lab.json("load", "-n", "100", "--rps", "50")
        wait_until(lambda: keyed.spans(run["run_id"]) == 500)
        lab.run("up", "--export", "off", "--export-headers", "off")
        assert list((lab.state / lab.name / "headers").iterdir()) == []


def check_secrecy(lab: Driver, mine: int) -> None:
    for command in COMMANDS:
        said = lab.run(*command.split(), code=None)
        assert said.stdout, command
        assert KEY not in said.stdout + said.stderr, command
    held = {one.pid for one in processes() if KEY in one.arguments + one.environment} - {mine}
    assert held == set()
    files = [path for path in (lab.state / lab.name).rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert {path.parts[-3:]: stat.S_IMODE(path.stat().st_mode) for path in files} == {("headers", "keyed", "headers.yaml"): 0o600}
