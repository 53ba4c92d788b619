"""--aggregate: Prometheus has the requests of the service's own count, in fewer series, also where traces are sampled."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from labctl.switches.slo.objectives import BOUNDS_MS
from tests.addons.test_dashboards import Prometheus
from tests.cases.spans import wait_until
from tests.driver import Driver, a_name, free_ports

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        not all(map(shutil.which, ("otelcol-contrib", "prometheus"))),
        reason="otelcol-contrib and prometheus are not both on the PATH",
    ),
]
COUNT = "sum by (http_response_status_code) (http_requests_total)"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    driver = Driver(a_name("aggregate"), Path(tmp_path_factory.mktemp("lab")))
    with driver.up("--with", f"prometheus:{free_ports(1)[0]}", "--aggregate", "on", "--sampling", "10%"):
        driver.run("load", "-n", "200", "--rps", "100")
        driver.run("load", "-n", "7", "--rps", "50", "--body", "{}", code=None)
        yield driver
    assert {path.name for path in (driver.state / driver.name).iterdir()} == {"logs", "runs"}


@pytest.fixture(scope="module")
def prometheus(lab: Driver) -> Prometheus:
    return Prometheus(lab.url("PROMETHEUS"))


def test_the_counts_are_the_services_own(lab: Driver, prometheus: Prometheus) -> None:
    def counts() -> dict[str, float]:
        found = prometheus.answer("query", query=COUNT)["result"]
        return {one["metric"]["http_response_status_code"]: float(one["value"][1]) for one in found}

    def of_the_service() -> dict[str, float]:
        series = lab.json("metrics", "http_requests_total")["series"]
        return {str(one["attributes"]["http.response.status_code"]): float(one["value"]) for one in series}

    wait_until(lambda: counts().get("422") == 7 and counts() == of_the_service(), 40)
    assert counts()["200"] >= 200


def test_the_series_have_no_instance_and_the_buckets_of_the_service(prometheus: Prometheus) -> None:
    for metric in ("http_requests_total", "request_duration_ms_count"):
        assert prometheus.has_data(metric)
        assert not prometheus.has_data(f'{metric}{{service_instance_id!=""}}')
    bounds = prometheus.answer("label/le/values", **{"match[]": "request_duration_ms_bucket"})
    assert {float(one) for one in bounds} == {*map(float, BOUNDS_MS), float("inf")}


def test_the_viewer_has_what_prometheus_is_spared(lab: Driver, prometheus: Prometheus) -> None:
    assert not prometheus.has_data('{__name__=~"otel_sdk_.*"}')
    every = lab.json("metrics", "--all")["series"]
    assert any(one["name"].startswith("otel.sdk.") for one in every)


def test_an_exemplar_is_a_trace(prometheus: Prometheus) -> None:
    assert prometheus.traces("request_duration_ms_bucket")


