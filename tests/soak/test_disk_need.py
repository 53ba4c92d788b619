"""What the stores really grow by against what `labctl cost` says they need: within 20 %, and with other traffic than the factors.

That was valid requests of one kind at 150/s; here every fifth is refused, at 20/s, with traces sampled, and for longer.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from labctl.cost.stores import FRESH_S, SCRAPE_S, VIEWER_LOG
from labctl.telemetry.store.retention import size_of
from tests.addons import programs
from tests.driver import Driver, a_name, free_ports

programs.put_on_path()

pytestmark = [
    pytest.mark.e2e, pytest.mark.timeout(1200),
    pytest.mark.skipif(
        not all(map(shutil.which, ("otelcol-contrib", "prometheus", "victoria-logs"))),
        reason="otelcol-contrib, prometheus and victoria-logs are not all on the PATH",
    ),
]
RPS, SECONDS, WITHIN = 20, 480, 0.2
BLOCK_S = 7200
BODIES = ['{"features": [1, 2, 3]}', '{"features": [0.25]}', '{"features": [9.5, 1e3, 7, 8, 9, 10]}', '{"features": [-1]}', "{}"]
APPENDED = 'prometheus_tsdb_head_samples_appended_total{type="float"}'
NO_SCRAPES = "scrape_configs: []\n"


@dataclass(frozen=True)
class Sizes:
    at: float
    viewer: int
    logs: int
    fresh: int                          # of Prometheus's log of writes
    samples: float                      # that it has appended


def answer(url: str, **parameters: object) -> str:
    with urllib.request.urlopen(f"{url}?{urllib.parse.urlencode(parameters)}", timeout=30) as found:
        return str(found.read().decode())


def folder_size(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder, *folder.rglob("*")) if path.is_file())


def sizes(lab: Driver) -> Sizes:
    state = lab.state / lab.name
    answer(f"{lab.url('VICTORIA_LOGS')}/internal/force_flush")
    with sqlite3.connect(f"file:{state / 'viewer.db'}?mode=ro", uri=True) as viewer:
        stored = size_of(viewer)
    metric = next(one for one in answer(f"{lab.url('PROMETHEUS')}/metrics").splitlines() if one.startswith(APPENDED))
    fresh = folder_size(state / "prometheus" / "wal") + folder_size(state / "prometheus" / "chunks_head")
    return Sizes(time.time(), stored, folder_size(state / "victoria-logs"), fresh, float(metric.split()[-1]))




def block_bytes_per_sample(data: Path, copy: Path) -> float:
    """Of blocks that another Prometheus makes of a copy of the data, as if each had the usual length."""
    shutil.copytree(data, copy, ignore=shutil.ignore_patterns("lock", "queries.active"))
    port, = free_ports(1)
    (copy.parent / "none.yaml").write_text(NO_SCRAPES)
    words = ["prometheus", "--config.file=none.yaml", f"--storage.tsdb.path={copy}", "--web.enable-admin-api"]
    words += [f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=1d"]
    with (copy.parent / "log").open("w") as log, subprocess.Popen(words, cwd=copy.parent, stderr=log) as one:
        try:
            made = json.loads(snapshot(f"http://127.0.0.1:{port}/api/v1/admin/tsdb/snapshot"))["data"]["name"]
        finally:
            one.terminate()
    blocks = [path.parent for path in (copy / "snapshots" / made).glob("*/meta.json")]
    stats = [json.loads((block / "meta.json").read_text())["stats"] for block in blocks]
    samples, series = (sum(one[name] for one in stats) for name in ("numSamples", "numSeries"))
    index, chunks = (sum(folder_size(block / name) for block in blocks) for name in ("index", "chunks"))
    print({"samples": samples, "series": series, "index": index, "chunks": chunks, "blocks": len(blocks)})
    return chunks / samples + index / series / (BLOCK_S / SCRAPE_S)


def snapshot(url: str) -> str:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=30) as found:
                return str(found.read().decode())
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def on_time(folder: Path) -> str:
    """A PATH with a Prometheus that scrapes as on a machine that is not busy: where it is late, a sample takes a byte more."""
    folder.mkdir()
    program = folder / "prometheus"
    program.write_text(f'#!/bin/sh\nexec {shutil.which("prometheus")} "$@" --scrape.timestamp-tolerance=20ms\n')
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="module")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("bodies") / "bodies.jsonl"
    file.write_text("\n".join(BODIES) + "\n")
    return file


def test_what_is_computed_is_what_the_stores_grow_by(tmp_path: Path, bodies: Path) -> None:
    lab = Driver(a_name("disk"), tmp_path, path=on_time(tmp_path / "bin"))
    with lab.up("--with", f"prometheus:{free_ports(1)[0]},logs", "--sampling", "50%"):
        run = ["--rps", str(RPS), "--body-file", str(bodies), "-o", "json"]
        lab.run("load", "-d", "60s", *run, code=None, timeout=120)        # with refused requests it ends with 6
        needs = {one["component"]: one for one in lab.json("cost", "--rps", str(RPS))["stores"]}
        before = sizes(lab)
        # as nobody's lab, so that the load generator adds no spans of its own
        lab.run("load", "-d", f"{SECONDS}s", "--url", f"{lab.url('SERVICE')}/predict", *run, code=None, timeout=SECONDS + 60)
        time.sleep(10)                  # what is on its way
        after = sizes(lab)
        sample_bytes = block_bytes_per_sample(tmp_path / lab.name / "prometheus", tmp_path / "copy")
    seconds = after.at - before.at
    rate = (after.samples - before.samples) / seconds
    fresh_bytes = (after.fresh - before.fresh) / (after.samples - before.samples)
    measured = {
        "viewer": VIEWER_LOG + (after.viewer - before.viewer) / seconds * needs["viewer"]["wanted_s"],
        "victoria-logs": (after.logs - before.logs) / seconds * needs["victoria-logs"]["wanted_s"],
        "prometheus": rate * (fresh_bytes * FRESH_S + sample_bytes * needs["prometheus"]["wanted_s"]),
    }
    print({"before": before, "after": after, "needs": needs})
    ratios = {name: needs[name]["needs"] / one for name, one in measured.items()}
    print({"ratios": ratios, "rate": rate, "fresh": fresh_bytes, "sample": sample_bytes, "cpus": os.cpu_count()})
    assert all(1 - WITHIN <= ratio <= 1 + WITHIN for ratio in ratios.values()), ratios
