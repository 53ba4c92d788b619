"""The highest rate that holds, against a server whose capacity is known; and what two runs against equal servers differ by."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driver import Driver

SERVER = Path(__file__).with_name("reference_server.py")


@contextlib.contextmanager
def answering(kind: str, seconds: float) -> Iterator[str]:
    """A server that takes so long for each request, one in a `queue` or one `beside` the other; yields its URL."""
    process = subprocess.Popen([sys.executable, str(SERVER), kind, str(seconds)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("capacity", [100, 400, 1500])
def test_the_highest_rate_is_found(capacity: int, tmp_path: Path) -> None:
    lab = Driver("decide", tmp_path)
    with answering("queue", 1 / capacity) as url:
        shown = lab.run("load", "--url", url, "--find-max", "--slo", "p99<250ms,errors<1%", "-o", "json", timeout=180)
    found = json.loads(shown.stdout)
    assert 0.9 * capacity <= found["best"]["rps"] <= 1.1 * capacity
    assert {one["held"] for one in found["curve"]} == {True, False}


def test_equal_runs_do_not_differ_and_ten_percent_are_found(tmp_path: Path) -> None:
    """Twenty rounds of two runs against a server of 5 ms and one against a server of 5.5 ms."""
    lab, verdicts = Driver("decide", tmp_path), []
    with answering("beside", 0.005) as before, answering("beside", 0.0055) as after:
        for _ in range(20):
            for url in (before, before, after):
                lab.run("load", "--url", url, "-n", "2000", "--rps", "200", "-o", "json")
            same, slower = (lab.json("compare", *pair, code=None) for pair in (("last-2", "last-1"), ("last-1", "last")))
            verdicts.append((same["verdict"], slower["changes"]["p50"]["verdict"]))
    assert sum(same == "no difference" for same, _ in verdicts) >= 18, verdicts
    assert sum(slower == "slower" for _, slower in verdicts) >= 18, verdicts
