"""The highest rate that holds, against a server whose capacity is known."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driver import Driver

SERVER = Path(__file__).with_name("queue_server.py")


@contextlib.contextmanager
def answering(seconds: float) -> Iterator[str]:
    """A server that takes so long for each request, one after the other; yields its URL."""
    process = subprocess.Popen([sys.executable, str(SERVER), str(seconds)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("capacity", [100, 400, 1500])
def test_the_highest_rate_is_found(capacity: int, tmp_path: Path) -> None:
    lab = Driver("decide", tmp_path)
    with answering(1 / capacity) as url:
        shown = lab.run("load", "--url", url, "--find-max", "--slo", "p99<250ms,errors<1%", "-o", "json", timeout=180)
    found = json.loads(shown.stdout)
    assert 0.9 * capacity <= found["best"]["rps"] <= 1.1 * capacity
    assert {one["held"] for one in found["curve"]} == {True, False}
