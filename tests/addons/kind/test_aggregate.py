"""--aggregate with two replicas: the series that Prometheus is left with, against what `labctl cost` says that it saves."""

from collections.abc import Iterator

import pytest

from tests.addons.test_aggregate_saves import require_what_cost_says
from tests.driver import Driver, a_name, kind_is_missing

pytestmark = [
    pytest.mark.skipif(bool(kind_is_missing()), reason=kind_is_missing()), pytest.mark.timeout(600), pytest.mark.slow,
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    lab = Driver(a_name("fewer"), tmp_path_factory.mktemp("lab"), target="kind")
    lab.run("up", "--with", "prometheus", "--set", "service.replicas=2", timeout=300)
    yield lab
    lab.run("down", code=None, timeout=120)


def test_what_it_saves_is_what_cost_says(lab: Driver) -> None:
    require_what_cost_says(lab)
