"""C04: the service is killed in a run: the spans that went with it are lost, those of unanswered requests are unknown."""

import json
from pathlib import Path

import psutil

from tests.cases.spans import await_spans, lost_by_hop, missing_client, stored
from tests.contract.conftest import fresh_lab


def test_what_a_killed_service_took_with_it(tmp_path: Path) -> None:
    driver, ids = fresh_lab("otelcol", tmp_path), tmp_path / "ids"
    driver.settings["OTEL_BSP_SCHEDULE_DELAY"] = "1000"         # so that it surely has spans that it did not send
    with driver.up():
        service = psutil.Process(driver.pids()["service"])
        load = driver.start("load", "-n", "300", "-c", "10", "--rps", "100", "--trace-ids", str(ids), "-o", "json")
        await_spans(driver, 500)
        service.kill()
        out, err = load.communicate(timeout=120)
        run, found = json.loads(out), stored(driver, ids)
    assert load.returncode == 6, err                            # most requests were refused
    assert run["ledger"], err
    lost, ledger = lost_by_hop(run), run["ledger"]
    assert missing_client(found) == 0
    assert ledger["lost_spans"] > 0
    assert lost == {"service → collector": ledger["lost_spans"]}
    service_spans = sum(sum(names.values()) - names["labctl"] for names in found.values())
    assert service_spans + ledger["lost_spans"] - ledger["other_spans"] == 4 * ledger["requests"]
