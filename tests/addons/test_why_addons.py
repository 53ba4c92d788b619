"""Typical faults of the add-ons, made by hand in a running lab: `why` names each, and what it prints mends the lab."""

import json
import os
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from labctl.host.http import get
from tests.cases.spans import wait_until
from tests.driver import Driver, a_name, free_ports

PATIENCE_S = 100.0
PROGRAMS = ("otelcol-contrib", "prometheus", "alertmanager", "jaeger", "victoria-logs")
pytestmark = [
    pytest.mark.e2e, pytest.mark.timeout(240),
    pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason=f"{', '.join(PROGRAMS)} are not all on the PATH"),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    driver = Driver(a_name("addonfaults"), Path(tmp_path_factory.mktemp("lab")))
    with driver.up("--with", f"prometheus:{free_ports(1)[0]},alertmanager,jaeger,logs"):
        yield driver


def causes(lab: Driver) -> dict[str, Any]:
    """By component, the rule that names its cause."""
    found = lab.json("why", code=None)["findings"]
    return {one["component"]: one["rule"] for one in found if one["kind"] == "cause"}


def await_causes(lab: Driver, expected: dict[str, Any]) -> None:
    await_why(lab, lambda: causes(lab) == expected)


def await_health(lab: Driver) -> None:
    await_why(lab, lambda: lab.json("why", code=None)["healthy"])


def await_why(lab: Driver, true: Callable[[], bool]) -> None:
    try:
        wait_until(true, PATIENCE_S)
    except AssertionError:
        pytest.fail(lab.run("why", code=None).stdout)


def edit(lab: Driver, file: str, old: str, new: str) -> None:
    path = lab.state / lab.name / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def config_hash(lab: Driver) -> str:
    """Of what Alertmanager works with."""
    lines = get(f"{lab.url('ALERTMANAGER')}/metrics").body.decode().splitlines()
    return next(line for line in lines if line.startswith("alertmanager_config_hash "))


def fire(lab: Driver) -> None:
    body = json.dumps([{"labels": {"alertname": "Made"}}]).encode()
    request = urllib.request.Request(f"{lab.url('ALERTMANAGER')}/api/v2/alerts", body, {"content-type": "application/json"})
    urllib.request.urlopen(request, timeout=10).close()


def mend(lab: Driver) -> None:
    """As `why` prints it."""
    remedies = {one["remedy"] for one in lab.json("why", code=None)["findings"] if one["kind"] == "cause"}
    assert remedies == {"labctl up"}
    lab.run("up", timeout=120)
    await_health(lab)


def test_nothing_is_wrong_with_a_healthy_lab(lab: Driver) -> None:
    await_health(lab)
    assert causes(lab) == {}


def test_files_that_cannot_be_used(lab: Driver) -> None:
    edit(lab, "lab-rules.yaml", "expr:", "exprx:")
    edit(lab, "alertmanager.yaml", "/api/alerts", "/api/nothing")
    before = config_hash(lab)
    os.kill(lab.pids()["alertmanager"], signal.SIGHUP)
    wait_until(lambda: config_hash(lab) != before)      # an alert that came sooner would be delivered as before
    fire(lab)
    await_causes(lab, {"prometheus": "rules-unreadable", "alertmanager": "changed-by-hand"})
    mend(lab)


def test_a_target_that_cannot_be_read_and_add_ons_that_are_gone(lab: Driver) -> None:
    port = lab.ports["COLLECTOR_METRICS"]
    edit(lab, "prometheus.yaml", f'targets: ["127.0.0.1:{port}"]', 'targets: ["127.0.0.1:1"]')
    for name in ("jaeger", "victoria-logs", "alertmanager"):
        os.kill(lab.pids()[name], signal.SIGKILL)
    gone = dict.fromkeys(("jaeger", "victoria-logs", "alertmanager"), "process-gone")
    await_causes(lab, gone | {"prometheus": "changed-by-hand"})
    mend(lab)


def test_a_change_of_which_prometheus_has_loaded_a_part_is_undone(lab: Driver) -> None:
    edit(lab, "lab-rules.yaml", "expr:", "exprx:")
    edit(lab, "prometheus.yaml", f'targets: ["127.0.0.1:{lab.ports["COLLECTOR_METRICS"]}"]', 'targets: ["127.0.0.1:1"]')
    await_why(lab, lambda: '"scrapes-fail"' in lab.run("why", "-o", "json", code=None).stdout)
    lab.run("up", timeout=120)
    await_health(lab)


def test_a_suspended_add_on_is_continued(lab: Driver) -> None:
    pid = lab.pids()["jaeger"]
    os.kill(pid, signal.SIGSTOP)
    await_causes(lab, {"jaeger": "process-stopped"})
    [stopped] = [one for one in lab.json("why", code=None)["findings"] if one["kind"] == "cause"]
    subprocess.run(stopped["remedy"].split(), check=True, timeout=10)
    await_health(lab)
