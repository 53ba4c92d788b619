"""--aggregate: the series that Prometheus is left with, against what `labctl cost` says that it saves."""

import json
import re
import shutil
import time
from collections.abc import Iterator

import pytest

from tests.addons.stores import addresses, ask
from tests.driver import Driver, a_name, free_ports

pytestmark = [
    pytest.mark.e2e, pytest.mark.slow,
    pytest.mark.skipif(
        not all(map(shutil.which, ("otelcol-contrib", "prometheus"))),
        reason="otelcol-contrib and prometheus are not both on the PATH",
    ),
]
OF_SERVICE = '{job="ai-inference-service",__name__!~"target_info|otel_scope_info"}'
WITHIN = 0.2


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    lab = Driver(a_name("fewer"), tmp_path_factory.mktemp("lab"))
    with lab.up("--with", f"prometheus:{free_ports(1)[0]}"):
        yield lab


def series(lab: Driver) -> int:
    """Once their number stays the same: those of pods that are gone go, new ones come with their first request."""
    with addresses(lab, "prometheus") as found:
        counts = [0]
        deadline = time.monotonic() + 60
        while len(counts) < 6 or len(set(counts[-5:])) > 1:
            assert time.monotonic() < deadline, counts
            time.sleep(2)               # the distance of two scrapes
            answer = json.loads(ask(f"{found['prometheus']}/api/v1/query", query=f"count({OF_SERVICE})"))["data"]["result"]
            counts.append(int(answer[0]["value"][1]) if answer else 0)
    return counts[-1]


def told(lab: Driver) -> tuple[int, int]:
    """After and before."""
    saving = next(one for one in lab.json("cost")["savings"] if one["name"] == "pre-aggregation")
    found = re.search(r"(\d+) series instead of (\d+)", saving["what"])
    assert found, saving
    return int(found[1]), int(found[2])


def require_what_cost_says(lab: Driver) -> None:
    run = ("load", "-n", "600", "--rps", "60", "-c", "20")
    lab.run(*run, timeout=90)
    after, before = told(lab)
    plain = series(lab)
    lab.run("up", "--aggregate", "on", timeout=180)
    lab.run(*run, timeout=90)
    aggregated, still = series(lab), told(lab)
    print({"told": (after, before), "told with it on": still, "measured": (aggregated, plain)})
    assert after == pytest.approx(aggregated, rel=WITHIN)
    assert before == pytest.approx(plain, rel=WITHIN)
    assert still[0] / still[1] == pytest.approx(aggregated / plain, rel=WITHIN)


def test_what_it_saves_is_what_cost_says(lab: Driver) -> None:
    require_what_cost_says(lab)
