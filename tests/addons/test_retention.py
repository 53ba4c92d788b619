"""--retention with the real programs: a store at its age drops the oldest only, and the lab goes on."""

import base64
import json
import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from labctl.cost.stores import MAX_TRACES
from tests.driver import ROOT, Driver, a_name, free_ports

DAY_S = 86400
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        not all(map(shutil.which, ("otelcol-contrib", "prometheus", "promtool", "victoria-logs"))),
        reason="otelcol-contrib, prometheus, promtool and victoria-logs are not all on the PATH",
    ),
]


def answer(url: str, **parameters: object) -> bytes:
    with urllib.request.urlopen(f"{url}?{urllib.parse.urlencode(parameters)}", timeout=10) as found:
        return bytes(found.read())


def awaited(found: Callable[[], Any], wanted: Any) -> None:
    deadline = time.monotonic() + 30
    while (seen := found()) != wanted:
        assert time.monotonic() < deadline, f"{seen} instead of {wanted}"
        time.sleep(0.2)


def old_blocks(folder: Path, days: tuple[int, ...]) -> None:
    """A sample for each age, in blocks as Prometheus makes them."""
    now = int(time.time())
    lines = [f'old{{days="{age}"}} 1 {now - age * DAY_S}' for age in sorted(days, reverse=True)]
    source = folder.parent / "old.txt"
    source.write_text("\n".join(["# TYPE old gauge", *lines, "# EOF"]) + "\n")
    made = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(source), str(folder)]
    subprocess.run(made, check=True, capture_output=True, timeout=60)


def ages_in_prometheus(lab: Driver) -> list[str]:
    asked = {"match[]": "old", "start": time.time() - 40 * DAY_S, "end": time.time()}
    series = json.loads(answer(f"{lab.url('PROMETHEUS')}/api/v1/series", **asked))["data"]
    return sorted((one["days"] for one in series), key=int)


def ages_in_victoria_logs(lab: Driver) -> list[str]:
    rows = answer(f"{lab.url('VICTORIA_LOGS')}/select/logsql/query", query="days:*", limit=10).splitlines()
    return sorted((json.loads(row)["days"] for row in rows), key=int)


def send_old_records(lab: Driver, days: tuple[int, ...]) -> None:
    now = time.time()
    rows = [json.dumps({"_msg": "old", "_time": f"{now - age * DAY_S:.0f}", "days": str(age)}) for age in days]
    url = f"{lab.url('VICTORIA_LOGS')}/insert/jsonline"
    request = urllib.request.Request(url, "\n".join(rows).encode(), {"content-type": "application/stream+json"})
    with urllib.request.urlopen(request, timeout=10) as done:
        assert done.status == 200
    answer(f"{lab.url('VICTORIA_LOGS')}/internal/force_flush")


def send_to_jaeger(url: str, number: int) -> None:
    """A trace of one span, with this id."""
    at = {"startTimeUnixNano": str(time.time_ns()), "endTimeUnixNano": str(time.time_ns())}
    spans = [{"traceId": f"{number:032x}", "spanId": f"{number:016x}", "name": "span", **at}]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "test"}}]}
    body = json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body, {"content-type": "application/json"}), timeout=10) as done:
        assert done.status == 200


def kept_by_jaeger(url: str, numbers: range) -> list[int]:
    def has(one: int) -> bool:
        try:
            answer(f"{url}/api/traces/{one:032x}")
        except urllib.error.HTTPError:
            return False
        return True

    return [one for one in numbers if has(one)]


@pytest.mark.skipif(not shutil.which("jaeger"), reason="jaeger is not on the PATH")
def test_jaeger_drops_the_oldest_traces_alone(tmp_path: Path) -> None:
    """With the lab's configuration, for fewer traces."""
    document = yaml.safe_load((ROOT / "manifests" / "addons" / "jaeger" / "config.yaml").read_text())
    text = document["data"]["jaeger.yaml"]
    assert f"max_traces: {MAX_TRACES}" in text
    (tmp_path / "jaeger.yaml").write_text(text.replace(f"max_traces: {MAX_TRACES}", "max_traces: 20"))
    query, otlp, health = free_ports(3)
    env = {**os.environ, "QUERY_PORT": str(query), "OTLP_HTTP_PORT": str(otlp), "HEALTH_PORT": str(health)}
    words = ["jaeger", "--config=jaeger.yaml"]
    with (tmp_path / "log").open("w") as log, subprocess.Popen(words, cwd=tmp_path, env=env, stderr=log) as one:
        try:
            awaited(lambda: _answers(f"http://127.0.0.1:{health}/status"), wanted=True)
            for number in range(1, 31):     # of one message it stores the traces in any order
                send_to_jaeger(f"http://127.0.0.1:{otlp}/v1/traces", number)
            awaited(lambda: kept_by_jaeger(f"http://127.0.0.1:{query}", range(1, 31)), list(range(11, 31)))
        finally:
            one.terminate()


def _answers(url: str) -> bool:
    try:
        answer(url)
    except OSError:
        return False
    return True


def test_the_oldest_alone_is_dropped(tmp_path: Path) -> None:
    lab = Driver(a_name("retention"), tmp_path)
    prometheus = tmp_path / lab.name / "prometheus"
    prometheus.mkdir(parents=True)
    old_blocks(prometheus, (30, 9, 2))
    add_ons = f"prometheus:{free_ports(1)[0]},logs"
    with lab.up("--with", add_ons, "--retention", "metrics=40d,logs=10d"):
        awaited(lambda: ages_in_prometheus(lab), ["2", "9", "30"])
        send_old_records(lab, (9, 5, 0))
        awaited(lambda: ages_in_victoria_logs(lab), ["0", "5", "9"])
        kept = lab.instances()
        lab.run("up", "--retention", "metrics=15d,logs=7d")
        awaited(lambda: ages_in_prometheus(lab), ["2", "9"])
        awaited(lambda: ages_in_victoria_logs(lab), ["0", "5"])
        changed = {name for name, pid in lab.instances().items() if kept[name] != pid}
        assert changed == {"prometheus", "victoria-logs"}
        assert lab.json("check")["ok"] is True
        assert lab.json("status")["switches"]["retention"] == "metrics=15d,logs=7d"
    left = {path.name for path in (tmp_path / lab.name).iterdir()}
    assert not left & {"prometheus", "victoria-logs", "prometheus.yaml"}


MIB = 1 << 20
PIECE = 64 << 10


def pad_blocks(folder: Path, size: int) -> None:
    """Each block gets as large as one with that many bytes of samples is."""
    for block in folder.glob("*/chunks/*"):
        with block.open("ab") as file:
            file.write(bytes(size))


def random_text(size: int) -> str:
    """What hardly any store can make smaller."""
    return base64.b64encode(os.urandom(size * 3 // 4)).decode()


def fill_victoria_logs(lab: Driver, days: int, size: int) -> None:
    moment = f"{time.time() - days * DAY_S:.0f}"
    for _ in range(0, size, 16 * PIECE):
        rows = [json.dumps({"_msg": random_text(PIECE), "_time": moment, "days": str(days)}) for _ in range(16)]
        url = f"{lab.url('VICTORIA_LOGS')}/insert/jsonline"
        request = urllib.request.Request(url, "\n".join(rows).encode(), {"content-type": "application/stream+json"})
        with urllib.request.urlopen(request, timeout=30) as done:
            assert done.status == 200
    answer(f"{lab.url('VICTORIA_LOGS')}/internal/force_flush")


def send_to_viewer(lab: Driver, number: int, text: str) -> None:
    """A log record with this number."""
    record = {"timeUnixNano": str(time.time_ns()), "body": {"stringValue": f"number {number} {text}"}}
    body = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).encode()
    request = urllib.request.Request(f"{lab.url('VIEWER')}/v1/logs", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as done:
        assert done.status == 200


def days_in_victoria_logs(lab: Driver) -> list[str]:
    rows = answer(f"{lab.url('VICTORIA_LOGS')}/select/logsql/query", query="days:* | uniq by (days)").splitlines()
    return sorted((json.loads(row)["days"] for row in rows), key=int)


def log_of(lab: Driver, component: str) -> str:
    return lab.run("logs", component, "--tail", "2000").stdout


@pytest.mark.slow
def test_a_store_at_its_size_drops_the_oldest_alone_and_says_so(tmp_path: Path) -> None:
    lab = Driver(a_name("full"), tmp_path)
    prometheus = tmp_path / lab.name / "prometheus"
    prometheus.mkdir(parents=True)
    old_blocks(prometheus, (9, 5, 2))
    pad_blocks(prometheus, 30 * MIB)
    sizes = "traces=16MiB,metrics=64MiB,logs=16MiB,metrics=40d,logs=10d"
    with lab.up("--with", f"prometheus:{free_ports(1)[0]},logs", "--retention", sizes):
        awaited(lambda: ages_in_prometheus(lab), ["2", "5"])
        for days in (6, 4, 1, 0):       # the last two days never go
            fill_victoria_logs(lab, days, 6 * MIB)
        awaited(lambda: days_in_victoria_logs(lab), ["0", "1"])
        for number in range(40):
            send_to_viewer(lab, number, random_text(PIECE * 8))
        awaited(lambda: "has reached its 16777216 bytes" in log_of(lab, "viewer"), wanted=True)
        assert "Deleting obsolete block" in log_of(lab, "prometheus")
        assert re.search(r"partition.* -retention.maxDiskSpaceUsageBytes=16777216", log_of(lab, "victoria-logs"))
        assert lab.json("check")["ok"] is True
        run = lab.json("load", "-n", "100", "--rps", "100", timeout=60)
        assert (run["requests"]["failed"], run["ledger"]["lost_spans"]) == (0, 0)
        assert ages_in_prometheus(lab) == ["2", "5"]
        assert days_in_victoria_logs(lab) == ["0", "1"]
