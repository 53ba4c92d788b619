"""X02: the state folder is deleted under a running lab: `status` says that logs are lost, and `up` mends it."""

import shutil
from pathlib import Path

import pytest

from tests.driver import Driver, a_name


@pytest.mark.e2e
@pytest.mark.timeout(120)
def test_up_after_the_state_folder_was_deleted(tmp_path: Path) -> None:
    lab = Driver(a_name("deleted"), tmp_path)
    with lab.up():
        shutil.rmtree(tmp_path / lab.name)
        status = lab.json("status", code=None)
        assert {one["state"] for one in status["components"]} == {"degraded"}
        assert all("log" in one["detail"] and one["hint"] == "labctl up" for one in status["components"])
        lab.run("up")
        assert {one["state"] for one in lab.json("status")["components"]} == {"ready"}
        before = lab.instances()
        assert "viewer" in lab.run("logs", "viewer").stdout
        lab.run("up")
        assert lab.instances() == before
