"""`break` killed with SIGKILL at ten moments, then `mend`: the lab equals one that was never broken."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driver import Driver, a_name, collector_on_path
from tests.soak.lab_picture import path_of_record, picture

MOMENTS = 10
FAULTS = {
    "local": ("port-taken", "locked-store", "unknown-key"),
    "kind": ("quota", "collector-selector", "unknown-key", "viewer-gone"),
}
LONGEST_S = {"local": 2.0, "kind": 3.0}


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Driver]:
    if not collector_on_path():
        pytest.skip("no collector on the PATH: the faults of its configuration cannot be made")
    with Driver(a_name("killed"), tmp_path, settings={"DEFAULT_LATENCY_MS": "5"}).up() as driver:
        yield driver


def killed_and_mended(lab: Driver) -> None:
    before, were_on = picture(lab), 0
    for moment in range(MOMENTS):
        process = lab.start("break", *FAULTS[lab.target])
        time.sleep(0.2 + moment / MOMENTS * LONGEST_S[lab.target])
        process.send_signal(signal.SIGKILL)
        process.communicate()
        were_on += path_of_record(lab).exists()
        lab.run("mend", timeout=180)
        assert picture(lab) == before, f"killed at moment {moment}"
        assert not path_of_record(lab).exists()
    assert were_on > 0, "it was always killed before it had begun"
    lab.run("check")


def test_processes(lab: Driver) -> None:
    killed_and_mended(lab)


@pytest.mark.e2e
@pytest.mark.timeout(1200)
def test_objects_in_kind(kind_lab: Driver) -> None:
    killed_and_mended(kind_lab)


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_without_the_state_folder_in_kind(kind_lab: Driver) -> None:
    """The cluster itself says that it was changed; nothing in it says by which fault."""
    before = picture(kind_lab)
    kind_lab.run("break", "cordoned-node", "sender-token")
    assert not [name for name in ("cordoned-node", "sender-token") if name in json.dumps(picture(kind_lab))]
    path_of_record(kind_lab).unlink()
    assert kind_lab.json("mend", timeout=180)["mended"] == []
    assert picture(kind_lab) == before
