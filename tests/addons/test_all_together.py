"""A lab with all add-ons that can run here: what one request leaves is in every store, and all stores count the same."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from labctl.model import METRICS
from tests.addons import stores
from tests.cases.spans import wait_until
from tests.driver import Driver, a_name, free_ports, kind_is_missing

REQUESTS, FAILING = 2000, 50
PROGRAMS = ("otelcol-contrib", "prometheus", "jaeger", "victoria-logs")
# 160 ms is far from the histogram's bounds of 100 and 250 ms, so that all clocks see a request in the same bucket
SETTINGS = {"DEFAULT_LATENCY_MS": "160", "LATENCY_JITTER": "0%"}
pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Lab:
    driver: Driver
    urls: dict[str, str]


def _missing(target: str) -> str:
    if target == "kind":
        return kind_is_missing()
    return ", ".join(name for name in PROGRAMS if not shutil.which(name))


@pytest.fixture(scope="module", params=["local", "kind"])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    target = request.param
    if missing := _missing(target):
        pytest.skip(f"missing: {missing}")
    driver = Driver(a_name("addons"), tmp_path_factory.mktemp(target), target=target, settings=dict(SETTINGS))
    scraped = f"prometheus:{free_ports(1)[0]}" if target == "local" else "prometheus"
    more = ",hpa" if target == "kind" else ""
    driver.run("up", "--with", f"{scraped},jaeger,logs{more}", timeout=300)
    try:
        with stores.addresses(driver) as urls:
            yield Lab(driver, urls)
    finally:
        driver.run("down", code=None, timeout=120)


def test_a_request_is_in_every_store(lab: Lab) -> None:
    canary = lab.driver.json("predict", "1", "2", "3")["trace_id"]
    assert len(lab.driver.json("trace", canary)["spans"]) == 5
    wait_until(lambda: stores.spans_in_jaeger(lab.urls["jaeger"], canary) == 5, 60)
    wait_until(lambda: set(METRICS) - {"errors_total"} <= _families(lab), 60)
    query = f"trace_id:{canary}"
    wait_until(lambda: bool(stores.in_victoria_logs(lab.urls["victoria-logs"], query)), 60)
    assert stores.in_victoria_logs(lab.urls["victoria-logs"], query)[0]["_msg"] == "prediction answered"


def _families(lab: Lab) -> set[str]:
    return {name.removesuffix("_bucket") for name in stores.metric_names(lab.urls["prometheus"])}


def test_all_stores_count_the_same(lab: Lab, tmp_path: Path) -> None:
    driver, began = lab.driver, time.time()
    bodies = tmp_path / "bodies.jsonl"
    bodies.write_text('{"features": [1, 2, 3]}\n' * (REQUESTS // FAILING - 1) + "{}\n")
    before = stores.in_viewer(driver)
    run = driver.json("load", "-n", str(REQUESTS), "-c", "20", "--body-file", str(bodies), code=None, timeout=240)
    assert run["ledger"]["lost_spans"] == 0
    statuses = {int(code): count for code, count in run["requests"]["statuses"].items()}
    assert statuses == {200: REQUESTS - FAILING, 422: FAILING}
    expected = {code: count + before.statuses.get(code, 0) for code, count in statuses.items()}
    wait_until(lambda: stores.in_viewer(driver).statuses == expected, 30)
    viewer = stores.in_viewer(driver)
    wait_until(lambda: stores.in_prometheus(lab.urls["prometheus"]) == viewer, 30)
    jaeger = stores.in_jaeger(lab.urls["jaeger"], viewer)
    assert jaeger.statuses == expected
    p99 = viewer.bucket_of(0.99)
    # a span and the histogram's value of one request differ by microseconds: at a bound a few requests may change sides
    assert jaeger.bucket_of(0.99) in {viewer.bucket_of(share) for share in (0.988, 0.99, 0.992)}
    # the client also counts the way there and back, which on a busy machine has no upper bound
    assert run["latency_ms"]["p99"] > max(bound for bound in viewer.buckets if bound < p99)
    log = {"query": f"trace_id:{run['run_id']}* | stats count() n"}
    wait_until(lambda: stores.in_victoria_logs(lab.urls["victoria-logs"], log["query"]) == [{"n": str(REQUESTS)}], 30)
    some = sorted(stores.exemplars(lab.urls["prometheus"], began, time.time() + 5))[:5]
    assert some
    for trace_id in some:
        assert driver.json("trace", trace_id)["spans"]
        assert stores.spans_in_jaeger(lab.urls["jaeger"], trace_id)


def _wrong(lab: Lab) -> list[str]:
    """Not that a busy machine left no time to follow a request."""
    found = lab.driver.json("why", code=None)["findings"]
    return [one["message"] for one in found if one["kind"] != "notice"]


def test_nothing_is_wrong_and_another_up_changes_nothing(lab: Lab) -> None:
    assert not _wrong(lab)
    before = lab.driver.instances()
    lab.driver.run("up", timeout=120)
    assert lab.driver.instances() == before


@pytest.mark.parametrize("addon", ["jaeger", "logs", "prometheus"])
def test_one_is_taken_and_given_back_without_the_rest(lab: Lab, addon: str) -> None:
    """The collector is configured anew; nothing else is touched, but for the service's pods, which the autoscaler counts."""
    scaled = {"service"} if lab.driver.target == "kind" else set()
    switches = lab.driver.json("status")["switches"]["with"].split(",")
    before = lab.driver.instances()
    rest = ",".join(word for word in switches if not word.startswith(addon))
    lab.driver.run("up", "--with", rest, timeout=120)
    without = lab.driver.instances()
    gone = before.keys() - without.keys()
    assert gone == {{"logs": "victoria-logs"}.get(addon, addon)}
    assert {name for name in without if without[name] != before[name]} - scaled == {"collector"}
    lab.driver.run("up", "--with", ",".join(switches), timeout=120)
    again = lab.driver.instances()
    assert {name for name in before if name not in gone and again[name] != without[name]} - scaled == {"collector"}
    assert not _wrong(lab)
