"""C03: the collector is killed in a run and stays away: what it never got was lost before it, not behind it."""

import json
from pathlib import Path

import psutil

from tests.cases.spans import await_spans, lost_by_hop, missing_client, missing_service, stored
from tests.contract.conftest import fresh_lab


def test_what_a_dead_collector_never_got(tmp_path: Path) -> None:
    driver, ids = fresh_lab("otelcol", tmp_path), tmp_path / "ids"
    with driver.up():
        collector = psutil.Process(driver.pids()["collector"])
        load = driver.start("load", "-n", "300", "-c", "10", "--rps", "100", "--trace-ids", str(ids), "-o", "json")
        await_spans(driver, 500)
        collector.kill()
        out, err = load.communicate(timeout=120)
        run, found = json.loads(out), stored(driver, ids)
    service, client, lost = missing_service(found, found), missing_client(found), lost_by_hop(run)
    assert run["requests"]["failed"] == 0
    assert sum(lost.values()) == run["ledger"]["lost_spans"] == service + client > 0
    assert set(lost) <= {"client → collector", "service → collector", "unknown hop"}
    assert lost["client → collector"] <= client
    assert lost["service → collector"] > lost.get("unknown hop", 0)
    assert "waiting for the last spans" in err
