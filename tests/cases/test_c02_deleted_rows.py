"""C02: rows deleted behind the viewer's back are missed, each one, and a surplus elsewhere does not hide them."""

import json
import sqlite3
from pathlib import Path

from tests.cases.spans import lost_by_hop, missing_client, missing_service, store_of, stored
from tests.contract.conftest import fresh_lab

LOSE = """CREATE TRIGGER lose AFTER INSERT ON spans WHEN new.name = 'validate_input' AND abs(random()) % 10 = 0
BEGIN DELETE FROM spans WHERE rowid = new.rowid; END"""


def test_just_the_deleted_spans_are_lost(tmp_path: Path) -> None:
    driver, ids = fresh_lab("otelcol", tmp_path), tmp_path / "ids"
    driver.settings["DEFAULT_LATENCY_MS"] = "20"
    with driver.up("--set", "SLOW_SPAN=format_response:5%:1500ms"):
        with sqlite3.connect(store_of(driver), timeout=20) as store:
            store.execute(LOSE)
        words = ("-n", "200", "-c", "20", "--rps", "100", "--timeout", "1s", "--slo", "lost<0.1%,errors<50%")
        ran = driver.run("load", *words, "--trace-ids", str(ids), "-o", "json", code=6)
        run, found = json.loads(ran.stdout), stored(driver, ids)
    answered = [trace_id for trace_id, names in found.items() if names["format_response"] and names["POST /predict"]]
    lost = missing_service(found, answered)
    assert missing_client(found) == 0
    assert lost > 0
    # a slow one that timed out has its spans by now, and is in no count of what was lost
    assert 0 < run["ledger"]["lost_spans"] <= lost
    assert lost - run["ledger"]["lost_spans"] <= run["ledger"]["unanswered"]
    assert lost_by_hop(run) == {"viewer": run["ledger"]["lost_spans"]}
    assert "lost < 0.1 %" in ran.stderr
    assert any("labctl why" in remark for remark in run["remarks"])
