"""C06: what listens on the lab's port at another address is not the lab: there is no ledger."""

import socket
from pathlib import Path

import pytest

from tests.contract.conftest import fresh_lab
from tests.unit.load.servers import GOOD, each, serving


@pytest.mark.parametrize("threshold", [False, True])
def test_a_stranger_on_the_same_port_of_another_address(tmp_path: Path, threshold: bool) -> None:
    if not socket.has_ipv6:
        pytest.skip("there is no IPv6 here")
    driver = fresh_lab("otelcol", tmp_path)
    with driver.up(), serving(each(GOOD), "::1", port=driver.ports["SERVICE"]):
        words = ("load", "--url", f"http://[::1]:{driver.ports['SERVICE']}/predict", "-n", "40")
        if threshold:
            assert "running lab" in driver.run(*words, "--slo", "lost<1%", code=2).stderr
            return
        run = driver.json(*words)
    assert (run["requests"]["successful"], run["ledger"], run["spans"]["made"]) == (40, None, 0)
