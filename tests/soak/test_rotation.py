"""Certificates, CA and token are exchanged under load with all switches on: no request fails, and a backend gets every span."""

import json
from pathlib import Path

import pytest

from tests.cases.spans import wait_until
from tests.driver import Driver, a_name, collector_on_path
from tests.soak.rolling_updates import balanced, everything_on
from tests.soak.test_exports import spans

pytestmark = [pytest.mark.skipif(not collector_on_path(), reason="no collector on the PATH"), pytest.mark.timeout(200)]


def test_exchanging_everything_loses_nothing(tmp_path: Path) -> None:
    lab = Driver(a_name("rotation"), tmp_path / "lab", settings={"DEFAULT_LATENCY_MS": "20"})
    try:
        with everything_on(lab, tmp_path, "127.0.0.1") as second:
            load = lab.start("load", "-d", "25s", "--rps", "100", "-c", "30", "-o", "json")
            for words in (("certs", "rotate"), ("auth", "rotate"), ("certs", "rotate", "--ca")):
                lab.run(*words)
            assert load.poll() is None, "the load ended before the last exchange"
            out, err = load.communicate(timeout=90)
            assert load.returncode == 0, err
            run = json.loads(out)
            ledger = balanced(run)
            wait_until(lambda: len(spans(second.db, run["run_id"])) == ledger["spans"], 30)
    finally:
        lab.run("down", code=None)
