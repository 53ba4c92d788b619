"""--retention: what it takes, and what it changes in the programs of both targets."""

from dataclasses import replace

import pytest

from labctl.components import PROMETHEUS, VICTORIA_LOGS
from labctl.config import load
from labctl.switches import building
from labctl.switches.parts import parts
from labctl.switches.stores.retention import (
    DAY_S,
    DEFAULT_BYTES,
    DEFAULTS,
    HOUR_S,
    RETENTION,
    limits,
    of_lab,
    sizes_of_lab,
    with_time,
)
from labctl.targets.local import processes
from tests.driver import ROOT

MANIFESTS = ROOT / "manifests"
ON = {"with": "prometheus,logs", "retention": "traces=2h,metrics=36h,logs=7d"}


@pytest.mark.parametrize("text", [
    "", "24h", "traces", "traces=", "traces=24", "traces=1s", "spans=1h", "metrics=1h", "logs=23h", "metrics=150m", "logs=99999d",
    "traces=1h,traces=2h", "logs=3d;metrics=1d", "logs=1GiB,logs=2GiB", "logs=1G", "logs=15MiB", "metrics=63MiB", "traces=1KiB",
    "metrics=٤d", "logs=٢GiB",
])
def test_what_is_no_retention_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        RETENTION.allowed(text)


def test_each_signal_keeps_its_default_unless_it_is_given() -> None:
    assert limits("logs=7d,traces=90m").times_s == {"traces": 5400, "logs": 7 * DAY_S}
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


def test_a_signal_has_a_time_and_a_size() -> None:
    found = limits("logs=1GiB,logs=7d,metrics=100MiB")
    assert (found.times_s, found.sizes) == ({"logs": 7 * DAY_S}, {"metrics": 100 << 20, "logs": 1 << 30})
    assert sizes_of_lab({"retention": "logs=1GiB"}, 5 << 20) == {**DEFAULT_BYTES, "traces": 5 << 20, "logs": 1 << 30}
    assert with_time("logs=1GiB,logs=7d", "logs", DAY_S) == "logs=1d,logs=1GiB"


def test_the_programs_get_a_size_on_both_targets() -> None:
    on = {"with": "prometheus,logs", "retention": "traces=32MiB,metrics=100MiB,logs=64MiB"}
    spec = load({}).spec()
    spec = replace(spec, switches=on, parts=parts(spec, on))
    words = {one.name: processes.expected(spec, one).arguments for one in processes.started(on)}
    assert "--storage.tsdb.retention.size=104857600B" in words["prometheus"]
    assert "-retention.maxDiskSpaceUsageBytes=67108864" in words["victoria-logs"]
    assert words["viewer"][list(words["viewer"]).index("--max-bytes") + 1] == str(32 << 20)
    containers = dict(building.containers(building.build(MANIFESTS, MANIFESTS, on).objects))
    assert "--storage.tsdb.retention.size=104857600B" in containers["prometheus"]["args"]
    assert "-retention.maxDiskSpaceUsageBytes=67108864" in containers["victoria-logs"]["args"]
