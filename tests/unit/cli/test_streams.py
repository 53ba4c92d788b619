"""Where a command writes: a full disk, a reader that has gone, nothing at all."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.driver import Driver
from tests.unit.load.servers import GOOD, each, serving

pytestmark = pytest.mark.slow


@pytest.fixture
def lab(tmp_path: Path) -> Driver:
    return Driver("none", tmp_path)


@pytest.mark.parametrize("words", [(), ("-o", "json")])
def test_a_result_that_cannot_be_written_is_an_error_and_the_run_is_kept(lab: Driver, words: tuple[str, ...]) -> None:
    with serving(each(GOOD)) as url, Path("/dev/full").open("w") as full:
        ran = lab.start("load", "--url", url, "-n", "20", *words, stdout=full)
        _, err = ran.communicate(timeout=60)
    assert ran.returncode == 1
    assert err.endswith("error: the result cannot be written: no space left on device\n")
    assert "Traceback" not in err
    assert [run["sent"] for run in lab.json("runs")["runs"]] == [20]


def gone() -> None:
    """stderr is a pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    os.dup2(writer, 2)


def closed() -> None:
    os.close(2)


def full() -> None:
    os.dup2(os.open("/dev/full", os.O_WRONLY), 2)


@pytest.mark.parametrize("stderr", [gone, closed, full])
def test_progress_that_cannot_be_written_costs_no_result(lab: Driver, stderr: Any) -> None:
    with serving(each(GOOD)) as url:
        ran = lab.start("load", "--url", url, "-n", "20", "-o", "json", stderr=None, preexec_fn=stderr)
        out, _ = ran.communicate(timeout=60)
    assert ran.returncode == 0
    assert json.loads(out)["requests"]["successful"] == 20


def test_nobody_has_to_listen(lab: Driver) -> None:
    with serving(each(GOOD)) as url:
        ran = lab.start("load", "--url", url, "-n", "20", stdout=None, preexec_fn=lambda: os.close(1))
        _, err = ran.communicate(timeout=60)
    assert (ran.returncode, "Traceback" in err) == (0, False)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_search_that_is_interrupted_says_what_it_has_found(lab: Driver, number: signal.Signals, code: int) -> None:
    with serving(each(GOOD)) as url:
        words = ("--find-max", "--slo", "p99<5s,errors<1%", "-d", "500ms", "-c", "2")
        ran = lab.start("load", "--url", url, *words, "-o", "json")
        assert "/s" in ran.stderr.readline()
        ran.send_signal(number)
        out, _ = ran.communicate(timeout=60)
    found = json.loads(out)
    assert (ran.returncode, found["interrupted"]) == (code, True)
    assert len(found["curve"]) >= 1
