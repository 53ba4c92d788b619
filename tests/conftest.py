"""What every test can ask for on the command line, and what a skip means where everything is there."""

import gc
import os
import re
import signal
from collections.abc import Generator, Iterator

import pytest

from tests.driver import Driver, a_name, kind_is_missing
from tests.planted import SETTINGS


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what is drawn now to tests/golden/")


def pytest_configure() -> None:
    # started in the background, the tests would have Ctrl-C ignored, and so would what they start
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """All that is there now stays to the end: no garbage is looked for in it again."""
    gc.collect()
    gc.freeze()


THE_END = "tests/e2e/kind/test_the_end.py"           # takes the shared cluster down
IN_THE_CLUSTER = re.compile(r"_in_kind(\[|$)|\[kind[\]-]|e2e/kind/(?!test_tutorial|test_engine)|(?:soak|production|addons)/kind/")

LONG = tuple(f"tests/{start}" for start in (
    "e2e/", "contract/", "lessons/", "diagnosis/", "addons/", "page/test_views", "page/test_signals", "page/", "production/",
    "cases/test_c25", "cases/test_c52", "cases/test_c05", "cases/test_x05", "cases/test_c24", "cases/test_c35",
))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The scheduler of the processes knows a test's id alone, so a test that shares the cluster has to say so in it."""
    for item in items:
        if "kind_lab" in getattr(item, "fixturenames", ()) and not IN_THE_CLUSTER.search(item.nodeid):
            raise pytest.UsageError(f"{item.nodeid} uses kind_lab: its name has to end with _in_kind")
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    """The longest first, so that all processes end together: the cluster's tests are one chain, those of a lab wait much."""
    if IN_THE_CLUSTER.search(item.nodeid):
        # the add-ons have a cluster of their own, and two at a time are too much to wait for
        return 0 if item.nodeid.startswith("tests/addons/") else 1 if THE_END not in item.nodeid else 2
    return next((place for place, start in enumerate(LONG, 3) if item.nodeid.startswith(start)), 3 + len(LONG))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """All tests in the shared cluster go to one process; others go by file and by the kind of their lab, in the order above."""
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    config.option.loadscopereorder = False

    class ByLab(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            if IN_THE_CLUSTER.search(nodeid):
                return "kind"
            file, _, test = nodeid.partition("::")
            return file + next((lab for lab in ("[otelcol]", "[embedded]") if test.endswith(lab)), "")

    return ByLab(config, log)


@pytest.fixture(scope="session")
def kind_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """The one lab in a cluster, shared by all tests that want one, with secrets to keep: making it costs half a minute."""
    if why := kind_is_missing():
        pytest.skip(why)
    driver = Driver(a_name("test"), tmp_path_factory.mktemp("kind"), target="kind")
    driver.settings |= {"DEFAULT_LATENCY_MS": "20", **SETTINGS}
    driver.run("up", "--timeout", "180s", timeout=240)
    CLUSTERS.append(driver)
    yield driver
    take_down()


CLUSTERS: list[Driver] = []


def take_down() -> None:
    while CLUSTERS:
        CLUSTERS.pop().run("down", code=None)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """One process has all tests in the cluster, and other work after them, of which an idle cluster takes a fifth of a core."""
    last = IN_THE_CLUSTER.search(item.nodeid) and not (nextitem and IN_THE_CLUSTER.search(nextitem.nodeid))
    if last and os.environ.get("PYTEST_XDIST_WORKER"):
        take_down()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With NO_SKIP set (as CI does), a test that was skipped has failed: its reason is something that CI should have."""
    report = yield
    if os.environ.get("NO_SKIP") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where it matters: {report.longrepr}"
    return report
