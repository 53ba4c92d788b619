"""X03: the viewer answers and cannot store (a full disk, a lock): `status` says so, until it can again."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from labctl.host.http import post
from tests.driver import Driver, a_name
from tests.unit.telemetry import requests
from tests.viewer import PROTOBUF


def viewer_of(lab: Driver) -> dict[str, str]:
    return next(one for one in lab.json("status", code=None)["components"] if one["name"] == "viewer")


@pytest.mark.e2e
@pytest.mark.timeout(120)
def test_a_viewer_that_cannot_store_is_not_ready(tmp_path: Path) -> None:
    lab = Driver(a_name("unwritable"), tmp_path)
    with lab.up():
        with closing(sqlite3.connect(tmp_path / lab.name / "viewer.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert post(f"{lab.url('VIEWER')}/v1/traces", requests.traces(1), PROTOBUF, timeout_s=40).status == 503
            seen = viewer_of(lab)
            assert seen["state"] == "degraded"
            assert "locked" in seen["detail"]
            other.execute("ROLLBACK")
        while viewer_of(lab)["state"] != "ready":
            continue
