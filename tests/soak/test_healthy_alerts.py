"""Twenty minutes of load on healthy labs, one with the book's own windows and one with scaled ones: no alert fires in either."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.addons import programs
from tests.driver import Driver, a_name, free_ports
from tests.soak.prometheus import Prometheus

programs.put_on_path()

SECONDS = int(os.environ.get("SOAK_SECONDS", "1200"))
OBJECTIVES = "p99<1000ms,errors<1%"      # a request takes about a tenth of it: what a user would promise on a shared machine
WINDOWS = {"book": (), "scaled": ("--scale", "360")}
RATE = 10
LOOK_EVERY_S = 15
NEEDED = ("otelcol-contrib", "prometheus", "alertmanager")
pytestmark = [
    pytest.mark.timeout(SECONDS + 300),
    pytest.mark.skipif(not all(map(shutil.which, NEEDED)), reason=f"{', '.join(NEEDED)} are not all on the PATH"),
]


@dataclass
class Watched:
    lab: Driver
    load: subprocess.Popen[str]
    report: Path

    def ever(self, state: str) -> dict[str, float]:
        """By the alert, at how many evaluations it was in this state."""
        asked = f'sum by (alertname, slo, severity) (count_over_time(ALERTS{{alertstate="{state}"}}[2h]))'
        found = Prometheus(self.lab.url("PROMETHEUS")).answer(f"query?query={asked}")["result"]
        return {" ".join(sorted(one["metric"].values())): float(one["value"][1]) for one in found}


@contextmanager
def watched(folder: Path) -> Iterator[Watched]:
    folder.mkdir()
    lab = Driver(a_name(folder.name), folder)
    with lab.up("--with", f"prometheus:{free_ports(1)[0]},alertmanager"), (folder / "report.json").open("w") as report:
        lab.run("slo", OBJECTIVES, *WINDOWS[folder.name], timeout=200)
        load = lab.start("load", "--rps", str(RATE), "--duration", f"{SECONDS}s", "-o", "json", stdout=report, stderr=report)
        yield Watched(lab, load, folder / "report.json")


def test_no_alert_fires(tmp_path: Path) -> None:
    with watched(tmp_path / "book") as book, watched(tmp_path / "scaled") as scaled:
        busiest = 0.0
        while book.load.poll() is None or scaled.load.poll() is None:
            busiest = max(busiest, os.getloadavg()[0])
            time.sleep(LOOK_EVERY_S)    # that the time passes is what is wanted here
        for one in (book, scaled):
            slo = one.lab.json("slo")
            found = one.lab.json("alerts", code=None)
            print(one.lab.name, "load at most", busiest, "pending", one.ever("pending"), "firing", one.ever("firing"))
            print({each["objective"]: (each["requests"], each["measured"], each["left"]) for each in slo["objectives"]})
            assert one.load.returncode == 0, one.report.read_text()
            assert one.ever("firing") == {}
            assert (found["firing"], found["resolved"], found["unknown"]) == ([], [], None)
            assert all(each["requests"] > 0.9 * RATE * SECONDS and each["left"] > 0 for each in slo["objectives"])
