"""C46: what is in the folder of kept runs and is none is passed over, and said; nothing of it reaches a terminal raw."""

import os
from pathlib import Path

from tests.driver import Driver
from tests.unit.load.servers import GOOD, each, serving


def test_the_folder_of_runs_holds_other_things(tmp_path: Path) -> None:
    driver = Driver("none", tmp_path)
    with serving(each(GOOD)) as url:
        for _ in range(2):
            driver.run("load", "--url", url, "-n", "60")
    (folder,) = {Path(run["file"]).parent for run in driver.json("runs")["runs"]}
    good = max(folder.glob("*.json")).read_text()
    run_id = driver.json("runs")["runs"][-1]["run_id"]
    newest = 9_000_000_000_000
    (folder / f"{newest}-aa.json").write_bytes(b"")
    (folder / f"{newest + 1}-bb.json").write_text(good.replace('"rate":', '"rate":1e999,"was":', 1))
    os.mkfifo(folder / f"{newest + 2}-cc.json")
    (folder / f"{newest + 3}-dd.json").write_text(good.replace(run_id, "\\u001b[31mred"))
    (folder / f"{newest + 4}-ee.json").mkdir()
    (folder / f"{newest + 5}-ff.json").write_text('{"version": 99}')
    listed = driver.json("runs")
    assert len(listed["runs"]) == 2
    assert len(listed["skipped"]) == 6
    shown = driver.run("runs")
    assert shown.stderr.count("skipped: ") == 6
    assert "\x1b" not in shown.stdout + shown.stderr
    compared = driver.run("compare", "last-1", "last", code=None, timeout=30)
    assert compared.returncode in {0, 6}, compared.stderr
    assert compared.stderr.count("skipped: ") == 6
    assert "0 runs" not in compared.stderr
    assert "2 runs are kept" in driver.run("compare", "last-2", code=2).stderr
