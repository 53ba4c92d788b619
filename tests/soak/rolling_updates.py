"""The service is replaced six times under load, with all switches on: nothing fails, nothing is lost, backends get all."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.cases.spans import wait_until
from tests.driver import Driver, free_ports
from tests.soak.test_exports import spans
from tests.soak.test_switches import up
from tests.viewer import Viewer

SAMPLING = "50%"
INTERRUPTED = 130


@contextmanager
def everything_on(lab: Driver, folder: Path, host: str) -> Iterator[Viewer]:
    """Gives the second backend, at an address of this machine that the collector reaches."""
    (folder / "second").mkdir()
    second = Viewer(folder / "second", "--host", host, host=host)
    [scraped] = free_ports(1)
    try:
        up(
            lab, "--tls", "--mtls", "--auth", "--persist", "on", "--redact", "on", "--redact-allow", "app.order",
            "--redact-pattern", "ACME-[0-9]{6}", "--sampling", SAMPLING,
            "--export", f"prometheus:{scraped},file,second={second.url}", "--allow-from", "monitoring/app=shop",
        )
        yield second
    finally:
        second.process.kill()
        second.process.wait()


def six_updates_lose_nothing(lab: Driver, second: Viewer) -> None:
    """However long they take: the load is ended when they are done."""
    load = lab.start("load", "-d", "10m", "--rps", "200", "-c", "60", "-o", "json")
    for size in range(21, 27):
        up(lab, "--set", f"MAX_BATCH_SIZE={size}")
    load.send_signal(signal.SIGINT)
    out, err = load.communicate(timeout=120)
    assert load.returncode == INTERRUPTED, err
    run = json.loads(out)
    ledger = balanced(run)
    wait_until(lambda: len(spans(second.db, run["run_id"])) == ledger["spans"] + ledger["other_spans"], 30)


def balanced(run: Any) -> Any:
    """Its ledger, in which nothing is lost of what sampling has not left out; no request has failed."""
    ledger, requests = run["ledger"], run["requests"]
    assert (requests["failed"], ledger["lost_spans"]) == (0, 0), (requests, ledger)
    assert ledger["other_spans"] <= 4 * requests["unfinished"], (requests, ledger)      # of requests that the end interrupted
    left_out = (ledger["sampled_out"] or {"traces": 0})["traces"]
    assert (ledger["traces"] + left_out, ledger["spans"]) == (requests["sent"], ledger["expected_spans"])
    return ledger
