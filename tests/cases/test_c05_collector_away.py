"""C05: no collector, or a wrong endpoint: lost before the collector, after a wait that is bounded and shown."""

import json
from pathlib import Path

import psutil

from tests.cases.spans import lost_by_hop, wait_until
from tests.contract.conftest import fresh_lab
from tests.driver import free_ports


def test_a_wrong_endpoint(tmp_path: Path) -> None:
    driver = fresh_lab("otelcol", tmp_path)
    with driver.up():
        right = driver.pids()["service"]
        driver.settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{free_ports(1)[0]}"
        up = driver.start("up")                                 # which waits in vain for its canary
        wait_until(lambda: driver.pids().get("service") not in {None, right})
        wait_until(lambda: driver.run("predict", "1", code=None).returncode == 0)
        ran = driver.run("load", "-n", "40", "--rps", "40", "-o", "json")
        up.kill()
        up.communicate()
    assert lost_by_hop(json.loads(ran.stdout)) == {"service → collector": 160}
    assert "waiting for the last spans" in ran.stderr


def test_no_collector_at_all(tmp_path: Path) -> None:
    driver = fresh_lab("otelcol", tmp_path)
    with driver.up():
        psutil.Process(driver.pids()["collector"]).kill()
        ran = driver.run("load", "-n", "40", "--rps", "40", "-o", "json")
    assert lost_by_hop(json.loads(ran.stdout)) == {"client → collector": 40, "service → collector": 160}
    assert "waiting for the last spans" in ran.stderr
