"""--export and --persist with what is really there: Prometheus, Jaeger, a backend that goes away, a collector that is killed."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from labctl.host.http import Unreachable, get
from tests.cases.spans import store_of, wait_until
from tests.driver import Driver, a_name, collector_on_path, free_ports
from tests.soak.prometheus import IMAGE, Prometheus, compare_a_load, config
from tests.viewer import Viewer

AWAY_S = float(os.environ.get("AWAY_S", "60"))
JAEGER = "jaegertracing/jaeger:2.13.0"
pytestmark = [pytest.mark.skipif(not collector_on_path(), reason="no collector on the PATH"), pytest.mark.timeout(600)]


def images_are_missing(*names: str) -> str:
    if not shutil.which("docker"):
        return "docker is not on the PATH"
    asked = subprocess.run(["docker", "image", "inspect", *names], capture_output=True, text=True, timeout=20, check=False)
    return asked.stderr.strip() if asked.returncode else ""


@contextmanager
def container(*words: str) -> Iterator[None]:
    done = subprocess.run(["docker", "run", "--rm", "--detach", *words], capture_output=True, text=True, timeout=60, check=True)
    try:
        yield
    finally:
        subprocess.run(["docker", "rm", "--force", done.stdout.strip()], capture_output=True, timeout=60, check=False)


def answer(url: str) -> Any:
    got = get(url, 5.0)
    return json.loads(got.body) if got.status == 200 else {}


def answers(url: str) -> bool:
    try:
        return get(url, 1.0).status == 200
    except Unreachable:
        return False


@pytest.mark.skipif(bool(images_are_missing(IMAGE, JAEGER)), reason="no images of Prometheus and Jaeger")
def test_prometheus_and_jaeger(tmp_path: Path) -> None:
    scraped, port, otlp, query = free_ports(4)
    file, prometheus = tmp_path / "prometheus.yml", Prometheus(f"http://127.0.0.1:{port}")
    file.write_text(config(f"127.0.0.1:{scraped}"))
    tmp_path.chmod(0o755)
    lab = Driver(a_name("exports"), tmp_path / "lab", settings={"DEFAULT_LATENCY_MS": "20"})
    traces = f"http://127.0.0.1:{query}/api/v3/traces"
    with (
        container("-p", f"127.0.0.1:{otlp}:4318", "-p", f"127.0.0.1:{query}:16686", JAEGER),
        container(
            "--network", "host", "-v", f"{file}:/etc/prometheus/prometheus.yml:ro", IMAGE,
            "--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/tmp/data", "--enable-feature=exemplar-storage",
            f"--web.listen-address=127.0.0.1:{port}",
        ),
        lab.up("--export", f"prometheus:{scraped}", "--export", f"jaeger=http://127.0.0.1:{otlp}"),
    ):
        wait_until(lambda: prometheus.ready() and answers(f"http://127.0.0.1:{query}/api/services"))
        for trace_id in compare_a_load(lab, prometheus):
            wait_until(lambda trace_id=trace_id: len(spans_of(answer(f"{traces}/{trace_id}"))) == 5, 30)  # type: ignore[misc]


def spans_of(found: Any) -> list[Any]:
    resources = found.get("result", {}).get("resourceSpans", ())
    return [span for resource in resources for scope in resource["scopeSpans"] for span in scope["spans"]]


def spans(db: Path, run: str) -> set[tuple[str, str]]:
    """Of a run, whose trace ids begin with its own id."""
    with sqlite3.connect(f"file:{db}?mode=ro", uri=True, timeout=20) as store:
        found = set(store.execute("SELECT lower(hex(trace_id)), hex(span_id) FROM spans"))
    return {one for one in found if one[0].startswith(run)}


@contextmanager
def backends(tmp_path: Path) -> Iterator[list[Viewer]]:
    """Two more viewers stand for backends: their stores tell which spans each has."""
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        found.append(Viewer(tmp_path / name))
    try:
        yield found
    finally:
        for one in found:
            one.process.kill()
            one.process.wait()


@pytest.mark.parametrize("persist", ["on", "off"])
def test_one_of_two_backends_is_away(tmp_path: Path, persist: str) -> None:
    lab = Driver(a_name("away"), tmp_path / "lab", settings={"DEFAULT_LATENCY_MS": "20"})
    with backends(tmp_path) as (one, two), lab.up("--export", f"one={one.url},two={two.url}", "--persist", persist):
        load = lab.start("load", "--rps", "50", "-d", f"{AWAY_S + 10:.0f}s", "-o", "json")
        time.sleep(3)
        two.kill(signal.SIGTERM)
        time.sleep(AWAY_S / 2)
        causes = [one for one in lab.json("why", code=None)["findings"] if one["kind"] == "cause"]
        assert [one["rule"] for one in causes] == ["backend-refuses"]
        assert "cannot send to two" in causes[0]["message"]
        time.sleep(AWAY_S / 2)
        assert load.poll() is None, "the load ended before the backend was back"
        two.start()
        out, err = load.communicate(timeout=120)
        assert not load.returncode, err
        run = json.loads(out)
        assert (run["requests"]["failed"], run["ledger"]["lost_spans"]) == (0, 0)
        mine = spans(store_of(lab), run["run_id"])
        assert len(mine) == run["requests"]["sent"] * 5
        wait_until(lambda: mine <= spans(one.db, run["run_id"]))
        wait_until(lambda: mine <= spans(two.db, run["run_id"]))


def test_a_killed_collector_loses_nothing_that_it_has_accepted(tmp_path: Path) -> None:
    """Both backends are away, so all that it has accepted for them is in its queues when it is killed."""
    lab = Driver(a_name("killed"), tmp_path / "lab", settings={"DEFAULT_LATENCY_MS": "20"})
    with backends(tmp_path) as (one, two), lab.up("--export", f"one={one.url},two={two.url}", "--persist", "on"):
        one.kill()
        two.kill()
        run = lab.json("load", "-n", "250", "--rps", "50")
        assert run["ledger"]["lost_spans"] == 0
        psutil.Process(lab.pids()["collector"]).kill()
        lab.run("up")
        one.start()
        two.start()
        mine = spans(store_of(lab), run["run_id"])
        assert len(mine) == 250 * 5
        for backend in (one, two):
            wait_until(lambda db=backend.db: mine <= spans(db, run["run_id"]))  # type: ignore[misc]
