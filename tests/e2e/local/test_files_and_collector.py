"""OTLP JSON that the viewer writes is taken by the real collector, from a file and over HTTP, and is the same at its other end.

A collector that is built without the receiver for files is asked over HTTP alone.
"""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from labctl.host.http import Unreachable, get, post
from tests.driver import free_ports
from tests.unit.telemetry.files import everything
from tests.viewer import JSON, Viewer

COLLECTOR = shutil.which("otelcol-contrib")
FILE_RECEIVER = "otlp_json_file"
SIGNALS = {"resourceSpans": "traces", "resourceLogs": "logs", "resourceMetrics": "metrics"}

pytestmark = pytest.mark.skipif(COLLECTOR is None, reason="no otelcol-contrib on the PATH")


@cache
def reads_files() -> bool:
    listed = subprocess.run([str(COLLECTOR), "components"], capture_output=True, text=True, timeout=60, check=True).stdout
    return FILE_RECEIVER in listed or "otlpjsonfile" in listed


def configuration(folder: Path, otlp: int, health: int) -> dict[str, Any]:
    """Files in `in/` and OTLP/HTTP go to `out.jsonl`."""
    receivers: dict[str, Any] = {"otlp": {"protocols": {"http": {"endpoint": f"127.0.0.1:{otlp}"}}}}
    if reads_files():
        receivers[FILE_RECEIVER] = {"include": [f"{folder}/in/*.jsonl"], "start_at": "beginning"}
    pipeline = {"receivers": list(receivers), "exporters": ["file"]}
    return {
        "receivers": receivers,
        "exporters": {"file": {"path": f"{folder}/out.jsonl", "flush_interval": "50ms"}},
        "extensions": {"health_check": {"endpoint": f"127.0.0.1:{health}"}},
        "service": {
            "extensions": ["health_check"], "pipelines": dict.fromkeys(SIGNALS.values(), pipeline),
            "telemetry": {"metrics": {"level": "none"}},
        },
    }


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    folder = tmp_path_factory.mktemp("collector")
    (folder / "in").mkdir()
    otlp, health = free_ports(2)
    (folder / "config.yaml").write_text(json.dumps(configuration(folder, otlp, health)))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([str(COLLECTOR), "--config", str(folder / "config.yaml")], stderr=log)
    try:
        while True:
            assert process.poll() is None, (folder / "log").read_text()
            try:
                if get(f"http://127.0.0.1:{health}").status == 200:
                    break
            except Unreachable:
                time.sleep(0.05)
        yield folder, otlp
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    viewer = Viewer(tmp_path_factory.mktemp("viewer"))
    try:
        viewer.send(everything.traces().SerializeToString())
        viewer.send(everything.logs().SerializeToString(), signal_="logs")
        return get(f"{viewer.url}/api/page/export?begin=0", timeout_s=20).body.splitlines()
    finally:
        viewer.kill()


def stored(folder: Path, requests: list[bytes]) -> list[Any]:
    """What a viewer of its own has of these requests."""
    import sqlite3

    folder.mkdir()
    viewer = Viewer(folder)
    try:
        for line in requests:
            answer = post(f"{viewer.url}/v1/{SIGNALS[next(iter(json.loads(line)))]}", line, JSON)
            assert (answer.status, answer.json()) == (200, {})
        with sqlite3.connect(viewer.db) as connection:
            return [*connection.execute("SELECT raw, encoded FROM spans JOIN resources ON resources.id = resource ORDER BY raw"),
                    *connection.execute("SELECT raw, encoded FROM logs JOIN resources ON resources.id = resource ORDER BY raw")]
    finally:
        viewer.kill()


def test_it_comes_out_as_it_went_in(collector: tuple[Path, int], lines: list[bytes], tmp_path: Path) -> None:
    ours = stored(tmp_path / "ours", lines)
    for way in ("http", "file") if reads_files() else ("http",):
        assert stored(tmp_path / way, through(collector, lines, way)) == ours


def through(collector: tuple[Path, int], lines: list[bytes], way: str) -> list[bytes]:
    """What comes out of the collector."""
    folder, otlp = collector
    out = folder / "out.jsonl"
    before = len(out.read_bytes()) if out.exists() else 0
    if way == "file":
        (folder / "in" / "ours.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    else:
        for line in lines:
            answer = post(f"http://127.0.0.1:{otlp}/v1/{SIGNALS[next(iter(json.loads(line)))]}", line, JSON)
            assert (answer.status, answer.json()) == (200, {"partialSuccess": {}})
    while len(found := out.read_bytes()[before:].splitlines() if out.exists() else []) < len(lines):
        time.sleep(0.05)
    return found
