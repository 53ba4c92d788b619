"""Every query of every panel, run against a real Prometheus beside a lab under load: it returns data, by the metrics it names."""

import json
import re
import shutil
import threading
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from labctl.host.http import get
from tests.cases.spans import wait_until
from tests.driver import ROOT, Driver, a_name, free_ports

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        not all(map(shutil.which, ("otelcol-contrib", "prometheus"))),
        reason="otelcol-contrib and prometheus are not both on the PATH",
    ),
]
FILES = sorted((ROOT / "manifests/addons/grafana/dashboards").glob("*.json"))
INTERVAL_S = 10                         # for $__rate_interval, as Grafana takes it of the data source: 4 scrapes and more


@dataclass(frozen=True)
class PanelQuery:
    board: str
    panel: str
    expression: str
    exemplars: bool

    @property
    def metrics(self) -> list[str]:
        return sorted(set(re.findall(r"([a-z_:]+)\{", self.expression)))

    def renamed(self, metric: str) -> str:
        return re.sub(rf"\b{metric}\{{", f"{metric}_of_old{{", self.expression)


def panel_queries() -> Iterator[PanelQuery]:
    for file in FILES:
        board = json.loads(file.read_text())
        variables = board["templating"].get("list", [])
        values = {one["name"]: one["query"].split(",")[0] if one["type"] == "custom" else ".*" for one in variables}
        values |= {"__rate_interval": f"{INTERVAL_S}s", "__range": "5m"}
        for panel in board["panels"]:
            for target in panel["targets"]:
                expression = re.sub(r"\$(\w+)", lambda match: values[match[1]], target["expr"])  # noqa: B023 - used at once
                yield PanelQuery(board["title"], panel["title"], expression, bool(target.get("exemplar")))


QUERIES = list(panel_queries())


@dataclass(frozen=True)
class Prometheus:
    url: str

    def answer(self, path: str, **words: str) -> Any:
        got = get(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(words)}", 10.0)
        assert got.status == 200, got.body
        return json.loads(got.body)["data"]

    def has_data(self, expression: str) -> bool:
        found = self.answer("query", query=expression)["result"]
        return any(one["value"][1] not in {"NaN", "+Inf", "-Inf"} for one in found)

    def traces(self, expression: str) -> set[str]:
        now = time.time()
        found = self.answer("query_exemplars", query=expression, start=str(now - 120), end=str(now + 5))
        return {exemplar["labels"]["trace_id"] for one in found for exemplar in one["exemplars"]}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    driver = Driver(a_name("dashboards"), Path(tmp_path_factory.mktemp("lab")))
    with driver.up("--with", f"prometheus:{free_ports(1)[0]}"):
        over = threading.Event()
        load = threading.Thread(target=keep_loading, args=(driver, over))
        load.start()
        yield driver
        over.set()
        load.join()


def keep_loading(lab: Driver, over: threading.Event) -> None:
    """Good requests and bad ones, one short run after the other."""
    while not over.is_set():
        lab.run("load", "-d", "4s", "--rps", "30", code=None)
        lab.run("load", "-n", "5", "--rps", "20", "--body", "{}", code=None)


@pytest.fixture(scope="module")
def prometheus(lab: Driver) -> Prometheus:
    found = Prometheus(lab.url("PROMETHEUS"))
    wait_until(lambda: found.has_data('rate(errors_total{error_type="invalid_input"}[10s]) > 0'))
    return found


def test_every_query_returns_data(prometheus: Prometheus) -> None:
    missing: list[PanelQuery] = []

    def all_there() -> bool:
        missing[:] = [one for one in QUERIES if not prometheus.has_data(one.expression)]
        return not missing

    try:
        wait_until(all_there, 40)
    except AssertionError:
        pytest.fail("\n".join(f"{one.board}, {one.panel}: no data for {one.expression}" for one in missing))


def test_a_query_whose_metric_is_renamed_returns_none(prometheus: Prometheus) -> None:
    """So the test above fails where a panel names a metric that is not there."""
    there = [(one, metric) for one in QUERIES for metric in one.metrics]
    assert len(there) >= len(QUERIES)
    assert [f"{one.panel}: {metric}" for one, metric in there if prometheus.has_data(one.renamed(metric))] == []


def test_an_exemplar_leads_to_a_stored_trace(lab: Driver, prometheus: Prometheus) -> None:
    with_exemplars = [one for one in QUERIES if one.exemplars]
    assert {one.panel for one in with_exemplars} == {"Latency", "Duration of requests", "Duration"}
    for one in with_exemplars:
        found = prometheus.traces(one.expression)
        assert found, one
        assert lab.json("trace", min(found))["spans"]
