"""In a cluster: certificates, CA and token are exchanged under load, and the service is replaced again and again."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.driver import Driver

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def secured(kind_lab: Driver) -> Iterator[Driver]:
    kind_lab.run("up", "--tls", "--mtls", "--auth", "--persist", "on", "--redact", "on", timeout=120)
    yield kind_lab
    off = [word for name in ("auth", "mtls", "tls", "persist", "redact") for word in (f"--{name}", "off")]
    kind_lab.run("up", *off, timeout=120)


def balanced(out: str) -> dict[str, Any]:
    run: dict[str, Any] = json.loads(out)
    assert run["requests"]["failed"] == 0, run["requests"]
    assert run["ledger"]["lost_spans"] == 0, run["ledger"]
    assert run["ledger"]["spans"] == run["ledger"]["expected_spans"]
    return run


def test_exchanging_everything_loses_nothing(secured: Driver) -> None:
    load = secured.start("load", "-d", "80s", "--rps", "100", "-c", "30", "-o", "json")
    for words in (("certs", "rotate"), ("auth", "rotate"), ("certs", "rotate", "--ca")):
        secured.run(*words, timeout=200)
    out, err = load.communicate(timeout=180)
    assert load.returncode == 0, err
    balanced(out)


def test_six_rolling_updates_lose_nothing(secured: Driver) -> None:
    load = secured.start("load", "-d", "100s", "--rps", "200", "-c", "60", "-o", "json")
    for size in range(21, 27):
        secured.run("up", "--set", f"MAX_BATCH_SIZE={size}", timeout=120)
    out, err = load.communicate(timeout=200)
    assert load.returncode == 0, err
    balanced(out)
