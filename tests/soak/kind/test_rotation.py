"""In a cluster: certificates, CA and token are exchanged under load, and the service is replaced again and again."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driver import Driver
from tests.soak.kind.test_switches import ALL_OFF
from tests.soak.rolling_updates import balanced, everything_on, six_updates_lose_nothing
from tests.soak.test_switches import flags, up

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture
def lab(kind_lab: Driver) -> Iterator[Driver]:
    yield kind_lab
    up(kind_lab, *flags(ALL_OFF))


def gateway() -> str:
    """This machine, for a cluster's pods."""
    words = ["docker", "network", "inspect", "kind", "--format", "{{range .IPAM.Config}}{{.Gateway}} {{end}}"]
    found = subprocess.run(words, capture_output=True, text=True, timeout=20, check=True).stdout.split()
    return next(one for one in found if ":" not in one)


@pytest.mark.parametrize("more", [(), ("--sampling", "50%", "--export", "prometheus,file")], ids=["plain", "sampled"])
def test_exchanging_everything_loses_nothing_in_kind(lab: Driver, more: tuple[str, ...]) -> None:
    lab.run("up", "--tls", "--mtls", "--auth", "--persist", "on", "--redact", "on", *more, timeout=120)
    load = lab.start("load", "-d", "80s", "--rps", "100", "-c", "30", "-o", "json")
    for words in (("certs", "rotate"), ("auth", "rotate"), ("certs", "rotate", "--ca")):
        lab.run(*words, timeout=200)
    out, err = load.communicate(timeout=180)
    assert load.returncode == 0, err
    balanced(json.loads(out))


def test_six_rolling_updates_with_all_switches_lose_nothing_in_kind(lab: Driver, tmp_path: Path) -> None:
    with everything_on(lab, tmp_path, gateway()) as second:
        six_updates_lose_nothing(lab, second)
