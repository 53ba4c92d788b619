"""The programs have to be on the PATH before the modules are read, which ask whether they are."""

from collections.abc import Iterator

import pytest

from tests.addons import programs
from tests.driver import Driver, a_name, kind_is_missing

programs.put_on_path()

# 160 ms is far from the histogram's bounds of 100 and 250 ms, so that all clocks see a request in the same bucket
SETTINGS = {"DEFAULT_LATENCY_MS": "160", "LATENCY_JITTER": "0%"}
RETENTION = "traces=2h,metrics=36h,logs=7d"


@pytest.fixture(scope="package")
def addons_in_kind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """One lab in a cluster for all who want add-ons there."""
    if missing := kind_is_missing():
        pytest.skip(missing)
    driver = Driver(a_name("addons"), tmp_path_factory.mktemp("kind"), target="kind", settings=dict(SETTINGS))
    driver.run("up", "--with", "prometheus,jaeger,logs,hpa", "--retention", RETENTION, timeout=300)
    yield driver
    driver.run("down", code=None, timeout=120)
