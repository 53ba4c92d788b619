"""What every test can ask for on the command line, and what a skip means where everything is there."""

import os
import signal
from collections.abc import Generator

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what is drawn now to tests/golden/")


def pytest_configure() -> None:
    # started in the background, the tests would have Ctrl-C ignored, and so would what they start
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With NO_SKIP set (as CI does), a test that was skipped has failed: its reason is something that CI should have."""
    report = yield
    if os.environ.get("NO_SKIP") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where it matters: {report.longrepr}"
    return report
