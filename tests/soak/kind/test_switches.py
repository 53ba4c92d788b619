"""Switches in a cluster: the API server accepts every combination, each comes up, and sampling keeps its promises."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from labctl.model import LabSpec
from labctl.switches.export_headers import EXPORT_HEADERS
from labctl.switches.switch import OFF
from labctl.switches.table import SWITCHES
from labctl.targets.kind.cluster.names import default_names
from labctl.targets.kubernetes.workload import manifests
from tests.combinations import COMBINATIONS, IN_CLUSTERS, shown, with_headers
from tests.driver import ROOT, Driver
from tests.soak.lab_picture import picture
from tests.soak.test_switches import a_tenth_is_kept_whole, balances, errors_and_slow_ones_are_kept, flags, up, what_if_agrees

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
ALL_OFF = dict.fromkeys([switch.name for switch in SWITCHES], OFF)
MOST = max(IN_CLUSTERS, key=lambda on: (EXPORT_HEADERS.name not in on, len(on)))
PAIRS_FIRST = sorted(IN_CLUSTERS, key=len, reverse=True)
RPS = 200


@pytest.fixture
def lab(kind_lab: Driver) -> Iterator[Driver]:
    """The shared one; what a test has set of the service goes with it, its switches stay until the next changes them."""
    before = dict(kind_lab.settings)
    yield kind_lab
    kind_lab.settings.clear()
    kind_lab.settings |= before


@pytest.fixture(scope="module", autouse=True)
def off_in_the_end(kind_lab: Driver) -> Iterator[None]:
    yield
    switch(kind_lab, {})


def switch(lab: Driver, on: dict[str, str]) -> None:
    up(lab, *flags({**ALL_OFF, **on}))


@pytest.mark.parametrize("on", COMBINATIONS, ids=shown)
def test_the_api_server_accepts_every_combination_in_kind(on: dict[str, str], lab: Driver, tmp_path: Path) -> None:
    spec = LabSpec(lab.name, ROOT, tmp_path, lab.ports, {}, 1 << 30, 86400, switches=on)
    objects = manifests.desired_objects(spec, default_names(spec), {}, "kind")
    argv = ["kubectl", "--kubeconfig", lab.run("kubeconfig").stdout.strip(), "apply", "--server-side", "--dry-run=server"]
    argv += ["--force-conflicts", "-f", "-"]
    text = yaml.safe_dump_all(objects)
    done = subprocess.run(argv, input=text, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_off_again_the_lab_is_what_it_was_in_kind(lab: Driver) -> None:
    switch(lab, {})
    before = picture(lab)
    switch(lab, MOST)
    assert picture(lab) != before
    switch(lab, {})
    assert picture(lab) == before


@pytest.mark.parametrize("sampling", ["10%", "head:10%"])
def test_a_tenth_of_five_thousand_traces_is_kept_whole_in_kind(sampling: str, lab: Driver) -> None:
    switch(lab, {})
    a_tenth_is_kept_whole(lab, sampling, RPS)


def test_tail_sampling_keeps_every_error_and_every_slow_trace_in_kind(lab: Driver, tmp_path: Path) -> None:
    """Nothing but the slow step should reach the limit, also on a busy machine."""
    switch(lab, {})
    errors_and_slow_ones_are_kept(lab, 400, RPS, tmp_path)


@pytest.mark.parametrize("sampling", ["10%", "head:10%", "tail:errors,slow>400ms,5%"])
def test_what_if_and_the_real_thing_agree_within_a_per_cent_in_kind(sampling: str, lab: Driver) -> None:
    lab.settings |= {"SLOW_SPAN": "format_response:2%:600ms"}
    switch(lab, {})
    what_if_agrees(lab, sampling, RPS, replace_viewer)


def replace_viewer(lab: Driver) -> None:
    """Its store goes with its pod."""
    words = ["kubectl", "--kubeconfig", lab.run("kubeconfig").stdout.strip(), "-n", lab.name, "delete", "pod"]
    subprocess.run([*words, "-l", "app.kubernetes.io/name=ai-lab-2-2-viewer"], check=True, timeout=60)


@pytest.mark.parametrize("on", PAIRS_FIRST, ids=shown)
def test_every_switch_and_every_pair_in_kind(on: dict[str, str], lab: Driver, tmp_path: Path) -> None:
    """From one to the next, as somebody does who changes the switches of a running lab."""
    on = with_headers(on, tmp_path)
    switch(lab, on)
    balances(lab, on, 50)
