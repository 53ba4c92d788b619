"""C47: a limit of open files that makes requests fail is named, with what raises it."""

import resource
from pathlib import Path

import psutil
import pytest

from tests.contract.conftest import fresh_lab


@pytest.mark.skipif(not hasattr(psutil.Process, "rlimit"), reason="limits of other processes are Linux's")
def test_the_services_limit_is_named(tmp_path: Path) -> None:
    driver = fresh_lab("otelcol", tmp_path)
    with driver.up():
        psutil.Process(driver.pids()["service"]).rlimit(resource.RLIMIT_NOFILE, (64, 64))
        run = driver.json("load", "-n", "200", "-c", "100", "--timeout", "1s", code=6)
    assert run["requests"]["failed"] > 0
    assert any("64 files open" in remark and "ulimit -n" in remark for remark in run["remarks"])
