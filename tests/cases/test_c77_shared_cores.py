"""C77: where generator and server share busy cores, the generator takes from the server what it measures: that is said.

From the machine's own count of busy time, not from a guess.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cases.load_command import Load
from tests.unit.load.servers import GOOD, each, serving

COMPETES = "competes with it for CPU time"


@contextmanager
def busy() -> Iterator[None]:
    """Every core has something to do for a while."""
    spin = "import time\nend = time.monotonic() + 30\nwhile time.monotonic() < end: pass"
    spinning = [subprocess.Popen([sys.executable, "-c", spin]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how busy it is")
def test_it_is_said_that_they_compete(load: Load) -> None:
    with serving(each(GOOD)) as url, busy():
        found = load(url, "-d", "2s", "--rate", "0")
    generator = found["generator"]
    assert generator["machine_busy"] > 0.9
    assert 0 < generator["machine_share"] < generator["machine_busy"]
    said = any(COMPETES in remark for remark in found["remarks"])
    assert said is (generator["machine_share"] >= 0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how busy it is")
def test_a_generator_with_little_to_do_takes_nothing_that_matters(load: Load) -> None:
    with serving(each(GOOD)) as url, busy():
        found = load(url, "-n", "10", "--rps", "10")
    assert not any(COMPETES in remark for remark in found["remarks"])
