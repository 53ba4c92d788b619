"""Ten minutes at 500/s: the components' memory stays flat, and their logs stay within their limit."""

import json
import os
import time
from pathlib import Path

import psutil
import pytest

from tests.driver import Driver, a_name

SECONDS = int(os.environ.get("SOAK_SECONDS", "600"))
LOOK_EVERY_S = SECONDS / 40
LOG_LIMIT = 64 << 20                    # a log, and the older one beside it
GROWTH = 80 << 20                       # from the second quarter to the last one: SQLite's page cache of 64 MiB fills meanwhile


def resident(lab: Driver) -> dict[str, int]:
    return {name: psutil.Process(pid).memory_info().rss for name, pid in lab.pids().items() if pid}


def largest_log(folder: Path) -> int:
    sizes: dict[str, int] = {}
    for file in folder.rglob("*.log"):
        component = file.name.split(".")[0]
        sizes[component] = sizes.get(component, 0) + file.stat().st_size
    return max(sizes.values())


@pytest.mark.timeout(SECONDS + 300)
def test_memory_is_flat_and_logs_are_bounded(tmp_path: Path) -> None:
    lab = Driver(a_name("soak"), tmp_path, settings={"DEFAULT_LATENCY_MS": "20"})
    with lab.up():
        looks, logs = [], []
        with (tmp_path / "report.json").open("w+") as output:
            load = lab.start("load", "--duration", f"{SECONDS}s", "--rps", "500", "-c", "50", "-o", "json", stdout=output)
            while load.poll() is None:
                looks.append(resident(lab))
                logs.append(largest_log(tmp_path))
                time.sleep(LOOK_EVERY_S)    # the distance between two looks is what is wanted here
            _, err = load.communicate()
            output.seek(0)
            report = json.load(output)
    quarter = len(looks) // 4
    for name in looks[0]:
        early = sorted(look[name] for look in looks[quarter : 2 * quarter])[quarter // 2]
        late = sorted(look[name] for look in looks[-quarter:])[quarter // 2]
        print(f"{name}: {early >> 20} MiB in the second quarter, {late >> 20} MiB in the last one")
        assert late < early + GROWTH, name
    print(f"largest log: {max(logs) >> 20} MiB; ledger: {report['ledger']}")
    assert max(logs) < LOG_LIMIT
    assert report["ledger"] is not None, err
    assert report["ledger"]["lost_spans"] == 0
