"""A lab in a cluster that begins with its switches: it balances, and `down` leaves nothing of it."""

from pathlib import Path

import pytest

from tests.combinations import IN_CLUSTERS, shown, with_headers
from tests.driver import Driver, a_name, kind_is_missing
from tests.soak.kind.test_the_end import nothing_stays_in_docker
from tests.soak.test_switches import LEFT, balances, flags

pytestmark = [pytest.mark.skipif(bool(kind_is_missing()), reason=kind_is_missing()), pytest.mark.timeout(600)]
MOST = sorted(IN_CLUSTERS, key=len)[-2:]


@pytest.mark.parametrize("on", MOST, ids=shown)
def test_a_cluster_that_begins_with_them(on: dict[str, str], tmp_path: Path) -> None:
    on = with_headers(on, tmp_path)
    lab = Driver(a_name("switches"), tmp_path, target="kind", settings={"DEFAULT_LATENCY_MS": "20"})
    with nothing_stays_in_docker(lab.name):
        lab.run("up", *flags(on), "--timeout", "180s", timeout=400)
        try:
            balances(lab, on, 50)
        finally:
            lab.run("down", timeout=120)
    assert {path.name for path in (tmp_path / lab.name).glob("*")} <= LEFT
