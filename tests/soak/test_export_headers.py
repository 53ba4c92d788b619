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
from tests.soak.keyed_backend import HEADERS, KEY, causes, config, headers_in, written

pytestmark = [pytest.mark.skipif(not collector_on_path(), reason="no collector on the PATH"), pytest.mark.timeout(300)]
COMMANDS = (
    "up", "up --explain", "status", "config", "describe collector", "why", "logs --tail 500", "doctor", "metrics --all", "runs",
    *(f"{name} -o json" for name in ("up", "up --explain", "status", "config", "describe collector", "why", "doctor", "check")),
)


class Backend:
    def __init__(self, folder: Path) -> None:
        self.file, self.folder = folder / "taken.jsonl", folder
        self.port, self.below = free_ports(2)
        self.process = self.start()

    def start(self, key: str = KEY) -> "subprocess.Popen[bytes]":
        listen, below = (f"127.0.0.1:{port}" for port in (self.port, self.below))
        file = written(self.folder / "backend.json", config(listen, below=below, file=str(self.file), key=key))
        program = shutil.which("otelcol-contrib") or "otelcol"
        with (self.folder / "backend.log").open("ab") as log:
            self.process = subprocess.Popen([program, "--config", str(file)], stderr=log)
        return self.process

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)

    def spans(self, run: str) -> int:
        """Of a run that it has taken."""
        return self._taken("Spans", "spans", run)

    def records(self, run: str) -> int:
        return self._taken("Logs", "logRecords", run)

    def _taken(self, group: str, items: str, run: str) -> int:
        if not self.file.exists():
            return 0
        resources = (one for line in self.file.read_text().splitlines() for one in json.loads(line).get(f"resource{group}", ()))
        found = (item for one in resources for scope in one[f"scope{group}"] for item in scope[items])
        return sum(item.get("traceId", "").startswith(run) for item in found)


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
        assert causes(lab) == []
        assert lab.json("status")["switches"]["export-headers"] == f"keyed={headers}"
        assert not lab.json("up")["changed"]
        check_secrecy(lab, mine=keyed.process.pid)

        # another key: the backend refuses, which costs the viewer nothing, and `why` says so without the key
        keyed.stop()
        keyed.start("planted-other-key")
        run = lab.json("load", "-n", "100", "--rps", "50")
        assert (run["ledger"]["lost_spans"], keyed.spans(run["run_id"])) == (0, 0)
        wait_until(lambda: [one["rule"] for one in causes(lab)] == ["backend-refuses"])
        assert KEY not in json.dumps(causes(lab))

        # the file has the new one, which the next `up` takes over
        headers_in(tmp_path, HEADERS.replace(KEY, "planted-other-key"))
        assert lab.json("up")["changed"]
        run = lab.json("load", "-n", "100", "--rps", "50")
        wait_until(lambda: keyed.spans(run["run_id"]) == 500)
        lab.run("up", "--export", "off", "--export-headers", "off")
        assert list((lab.state / lab.name / "headers").iterdir()) == []


def test_the_presets_whose_backends_take_otlp_as_it_is(tmp_path: Path) -> None:
    """With a collector in the place of each: paths, headers, and the signals that each is sent."""
    lab = Driver(a_name("presets"), tmp_path / "lab", settings={"DEFAULT_LATENCY_MS": "20"})
    headers = headers_in(tmp_path)
    with backend(tmp_path) as keyed:
        at = {"honeycomb": keyed.port, "new-relic": keyed.port, "tempo": keyed.port, "jaeger": keyed.port,
              "grafana-cloud": keyed.below, "loki": keyed.below}
        exports = ",".join(f"{name}=http://127.0.0.1:{port}" for name, port in at.items())
        with lab.up("--export", exports, "--export-headers", ",".join(f"{name}={headers}" for name in at)):
            run = lab.json("load", "-n", "100", "--rps", "50")["run_id"]
            wait_until(lambda: (keyed.spans(run), keyed.records(run)) == (5 * 500, 4 * 100))
            assert causes(lab) == []
            bill = lab.json("cost")
            assert bill["backends"] == ["viewer", "tempo", "jaeger", "loki", "honeycomb", "new-relic", "grafana-cloud"]
            assert bill["unknown"] == ["tempo", "jaeger", "loki"]


def check_secrecy(lab: Driver, mine: int) -> None:
    for command in COMMANDS:
        said = lab.run(*command.split(), code=None)
        assert said.stdout, command
        assert KEY not in said.stdout + said.stderr, command
    held = {one.pid for one in processes() if KEY in one.arguments + one.environment} - {mine}
    assert held == set()
    files = [path for path in (lab.state / lab.name).rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert {path.parts[-3:]: stat.S_IMODE(path.stat().st_mode) for path in files} == {("headers", "keyed", "headers.yaml"): 0o600}
