"""A lab with all add-ons that can run here: what one request leaves is in every store, and all stores count the same."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from labctl.model import METRICS
from tests.addons import stores
from tests.addons.conftest import SETTINGS
from tests.cases.spans import wait_until
from tests.driver import Driver, a_name, free_ports

REQUESTS, FAILING = 2000, 50
PROGRAMS = ("otelcol-contrib", "prometheus", "jaeger", "victoria-logs")
pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Lab:
    driver: Driver
    urls: dict[str, str]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    if missing := ", ".join(name for name in PROGRAMS if not shutil.which(name)):
        pytest.skip(f"missing: {missing}")
    driver = Driver(a_name("addons"), tmp_path_factory.mktemp("local"), settings=dict(SETTINGS))
    with driver.up("--with", f"prometheus:{free_ports(1)[0]},jaeger,logs"):
        yield driver


@pytest.fixture(scope="module", params=["local", "kind"])
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    driver = request.getfixturevalue("here" if request.param == "local" else "addons_in_kind")
    with stores.addresses(driver) as urls:
        yield Lab(driver, urls)


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


def _changed(lab: Lab, before: dict[str, object], after: dict[str, object]) -> set[str]:
    """But for the service's pods in a cluster, which the autoscaler counts."""
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    return changed - ({"service"} if lab.driver.target == "kind" else set())


def test_nothing_is_wrong_and_another_up_changes_nothing(lab: Lab) -> None:
    assert not _wrong(lab)
    before = lab.driver.instances()
    lab.driver.run("up", timeout=120)
    assert _changed(lab, before, lab.driver.instances()) == set()


ADDONS = ("prometheus", "jaeger", "logs")
# objects are taken out of a cluster in one way, whichever add-on they are of
TAKEN = [("local", addon) for addon in ADDONS] + [("kind", ADDONS[0])]
TAKEN_AGAIN = [pytest.param("kind", addon, marks=pytest.mark.slow) for addon in ADDONS[1:]]


@pytest.mark.parametrize(("lab", "addon"), TAKEN + TAKEN_AGAIN, indirect=["lab"])
def test_one_is_taken_and_given_back_without_the_rest(lab: Lab, addon: str) -> None:
    """The collector is configured anew, and nothing else is touched."""
    switches = lab.driver.json("status")["switches"]["with"].split(",")
    before = lab.driver.instances()
    rest = ",".join(word for word in switches if not word.startswith(addon))
    lab.driver.run("up", "--with", rest, timeout=120)
    without = lab.driver.instances()
    gone = before.keys() - without.keys()
    assert gone == {{"logs": "victoria-logs"}.get(addon, addon)}
    assert _changed(lab, before, without) - gone == {"collector"}
    lab.driver.run("up", "--with", ",".join(switches), timeout=120)
    again = lab.driver.instances()
    assert _changed(lab, without, again) - gone == {"collector"}
    assert not _wrong(lab)
