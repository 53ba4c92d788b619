"""--retention: what it takes, and what it changes in the programs of both targets."""

from dataclasses import replace

import pytest

from labctl.components import PROMETHEUS, VICTORIA_LOGS
from labctl.config import load
from labctl.switches import building
from labctl.switches.parts import parts
from labctl.switches.stores.retention import DAY_S, DEFAULTS, HOUR_S, RETENTION, of_lab, seconds
from labctl.targets.local import processes
from tests.driver import ROOT

MANIFESTS = ROOT / "manifests"
ON = {"with": "prometheus,logs", "retention": "traces=2h,metrics=36h,logs=7d"}


@pytest.mark.parametrize("text", [
    "", "24h", "traces", "traces=", "traces=24", "traces=1s", "spans=1h", "metrics=1h", "logs=23h", "metrics=150m", "logs=99999d",
    "traces=1h,traces=2h", "logs=3d;metrics=1d",
])
def test_what_is_no_retention_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        RETENTION.allowed(text)


def test_each_signal_keeps_its_default_unless_it_is_given() -> None:
    assert seconds("logs=7d,traces=90m") == {"traces": 5400, "logs": 7 * DAY_S}
    assert of_lab({"retention": "metrics=2h"}, 3600) == {**DEFAULTS, "traces": 3600, "metrics": 2 * HOUR_S}
    assert of_lab({"retention": "traces=2h"}, 3600)["traces"] == 2 * HOUR_S


def test_the_pods_get_it_in_their_arguments() -> None:
    containers = dict(building.containers(building.build(MANIFESTS, MANIFESTS, ON).objects))
    plain = dict(building.containers(building.build(MANIFESTS, MANIFESTS, {"with": ON["with"]}).objects))
    assert set(containers["prometheus"]["args"]) - set(plain["prometheus"]["args"]) == {"--storage.tsdb.retention.time=36h"}
    assert set(containers["victoria-logs"]["args"]) - set(plain["victoria-logs"]["args"]) == {"-retentionPeriod=7d"}
    assert {name: one for name, one in containers.items() if name not in {"prometheus", "victoria-logs"}} == {
        name: one for name, one in plain.items() if name not in {"prometheus", "victoria-logs"}
    }


def test_the_processes_get_the_same() -> None:
    spec = load({}).spec()
    spec = replace(spec, switches=ON, parts=parts(spec, ON))
    words = {one.name: processes.expected(spec, one).arguments for one in (PROMETHEUS, VICTORIA_LOGS)}
    assert "--storage.tsdb.retention.time=36h" in words["prometheus"]
    assert "-retentionPeriod=7d" in words["victoria-logs"]
    viewer = processes.expected(spec, next(one for one in processes.started(ON) if one.name == "viewer")).arguments
    assert viewer[list(viewer).index("--max-age") + 1] == "7200"


def test_without_it_the_programs_have_the_defaults_that_are_told() -> None:
    for component, flag in ((PROMETHEUS, "--storage.tsdb.retention.time=15d"), (VICTORIA_LOGS, "-retentionPeriod=3d")):
        assert flag in component.process.argv
        assert flag in dict(building.containers(building.build(MANIFESTS, MANIFESTS, ON | {"retention": "off"}).objects))[
            component.name]["args"]
