"""C60: --rate is per worker; where the workers cannot keep up with the product, the rate in total is offered too."""

from pathlib import Path

from tests.contract.conftest import fresh_lab


def test_the_tutorials_literal_line(tmp_path: Path) -> None:
    driver = fresh_lab("otelcol", tmp_path)
    driver.settings["DEFAULT_LATENCY_MS"] = "80"
    with driver.up():
        ran = driver.run("load", "--concurrency", "10", "--rate", "50", "-n", "100")
    assert "For 50/s in total: --rps 50" in ran.stderr
    assert "--rps 50" in ran.stdout
