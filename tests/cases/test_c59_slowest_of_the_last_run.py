"""C59: `trace slowest` is of the last run, and `--run last` and its like are known."""

from pathlib import Path

from tests.contract.conftest import fresh_lab
from tests.unit.load.servers import GOOD, each, serving


def test_the_slowest_is_the_last_runs(tmp_path: Path) -> None:
    driver = fresh_lab("otelcol", tmp_path)
    with driver.up():
        slow = driver.json("load", "-n", "10", "-c", "10")              # all at once, so each of them waits
        last = driver.json("load", "-n", "10", "-c", "1")
        with serving(each(GOOD)) as url:
            driver.run("load", "--url", url, "-n", "5")                 # which has no traces
        for words, run in (
            ((), last), (("--run", "last-1"), last), (("--run", "last-2"), slow), (("--run", slow["run_id"]), slow),
            (("--run", slow["run_id"][:6]), slow),
        ):
            assert driver.json("trace", "slowest", *words)["trace_id"].startswith(run["run_id"])
        assert "no trace" in driver.run("trace", "slowest", "--run", "last", code=1).stderr
        assert "3 runs are kept" in driver.run("trace", "slowest", "--run", "last-7", code=2).stderr
