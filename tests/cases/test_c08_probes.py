"""C08: a stranger's server gets as many requests as were asked for; at the lab's own, probes are said and counted."""

import threading
from pathlib import Path

from tests.contract.conftest import fresh_lab
from tests.driver import Driver
from tests.unit.load.servers import GOOD, Client, serving


def test_no_request_more_than_were_asked_for(tmp_path: Path) -> None:
    came: list[bytes] = []
    lock = threading.Lock()

    def handle(client: Client) -> None:
        while (head := client.request()) is not None:
            with lock:
                came.append(head)
            client.send(GOOD)

    with serving(handle) as url:
        run = Driver("none", tmp_path).json("load", "--url", url, "-n", "20", "--rps", "10", "-c", "1")
    assert len(came) == run["requests"]["sent"] == 20
    assert run["requests"]["probes"] == 0


def test_probes_of_the_lab_are_said(tmp_path: Path) -> None:
    driver = fresh_lab("otelcol", tmp_path)
    with driver.up():
        ran = driver.run("load", "-n", "20", "--rps", "200", "-c", "1")
        assert "  3 requests were sent first" in ran.stderr         # not `! 3 requests`: it is no warning
        assert driver.json("load", "-n", "20", "--rps", "200", "-c", "1")["requests"]["probes"] == 3
