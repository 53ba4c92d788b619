"""Processes: the service's port is handed over six times while all switches are on."""

from pathlib import Path

import pytest

from tests.driver import Driver, a_name, collector_on_path
from tests.soak.rolling_updates import everything_on, six_updates_lose_nothing

pytestmark = [pytest.mark.skipif(not collector_on_path(), reason="no collector on the PATH"), pytest.mark.timeout(300)]


def test_six_hand_overs_lose_nothing(tmp_path: Path) -> None:
    lab = Driver(a_name("rolling"), tmp_path, settings={"DEFAULT_LATENCY_MS": "20"})
    try:
        with everything_on(lab, tmp_path, "127.0.0.1") as second:
            six_updates_lose_nothing(lab, second)
    finally:
        lab.run("down", code=None)
