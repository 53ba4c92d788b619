"""What every test can ask for on the command line, and what a skip means where everything is there."""

import os
import signal
from collections.abc import Generator, Iterator

import pytest

from tests.driver import Driver, a_name, kind_is_missing


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what is drawn now to tests/golden/")


def pytest_configure() -> None:
    # started in the background, the tests would have Ctrl-C ignored, and so would what they start
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """All tests in a cluster go to one process, as they share it; others go by file and by the kind of their lab."""
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    class ByLab(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            if "[kind]" in nodeid or "e2e/kind/" in nodeid:
                return "kind"
            file, _, test = nodeid.partition("::")
            return file + next((lab for lab in ("[otelcol]", "[embedded]") if test.endswith(lab)), "")

    return ByLab(config, log)


@pytest.fixture(scope="session")
def kind_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """The one lab in a cluster, shared by all tests that want one: making it costs half a minute."""
    if why := kind_is_missing():
        pytest.skip(why)
    driver = Driver(a_name("test"), tmp_path_factory.mktemp("kind"), target="kind")
    driver.settings["DEFAULT_LATENCY_MS"] = "20"
    driver.run("up", "--timeout", "180s", timeout=240)
    yield driver
    driver.run("down", code=None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With NO_SKIP set (as CI does), a test that was skipped has failed: its reason is something that CI should have."""
    report = yield
    if os.environ.get("NO_SKIP") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where it matters: {report.longrepr}"
    return report
