"""C01: requests that time out may have made spans or not: they are unknown, neither lost nor fine."""

from pathlib import Path

from tests.contract.conftest import fresh_lab


def test_nothing_is_lost_when_requests_time_out(tmp_path: Path) -> None:
    driver = fresh_lab("otelcol", tmp_path)
    with driver.up("--set", "SLOW_SPAN=format_response:10%:1500ms", "--set", "DEFAULT_LATENCY_MS=20"):
        run = driver.json("load", "-n", "200", "-c", "20", "--rps", "50", "--timeout", "1s", "--slo", "lost<0.1%,errors<50%")
    ledger, timeouts = run["ledger"], run["requests"]["errors"]["timeout"]
    assert timeouts > 0
    assert (ledger["lost"], ledger["lost_spans"]) == ([], 0)
    assert (ledger["requests"], ledger["unanswered"]) == (200 - timeouts, timeouts)
    assert ledger["spans"] == ledger["expected_spans"] == 200 + 4 * (200 - timeouts)
    assert [verdict["met"] for verdict in run["slo"]] == [True, True]
