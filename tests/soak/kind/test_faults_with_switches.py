"""Faults in a lab with switches on: `why` names each first, and `mend` gives the lab back with its switches."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.driver import Driver
from tests.soak.kind.test_switches import ALL_OFF
from tests.soak.lab_picture import picture
from tests.soak.test_switches import flags, up

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

ON = {"sampling": "50%", "redact": "on", "tls": "on", "auth": "on", "persist": "on"}
FAULTS = {
    "wrong-port": ("service", r"OTEL_EXPORTER_OTLP_ENDPOINT.*:\d+"),
    "wrong-scheme": ("service", r"http://"),        # TLS is expected
    "collector-filter": ("collector", r"filter"),
    "viewer-address": ("collector", r"VIEWER_ENDPOINT|endpoint|:\d+"),
    "unknown-key": ("collector", r"max_recv_msg_size"),
    "quota": ("service", r"quota"),
    "sender-token": ("collector|service", r"(?i)bearer ?token"),       # last: what the log says of it counts for a minute
}


@pytest.fixture(scope="module")
def switched(kind_lab: Driver) -> Iterator[tuple[Driver, Any]]:
    up(kind_lab, *flags(ON))
    kind_lab.run("check")
    yield kind_lab, picture(kind_lab)
    up(kind_lab, *flags(ALL_OFF))


@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_named_first_and_mended_with_the_switches_in_kind(switched: tuple[Driver, Any], fault: str) -> None:
    lab, before = switched
    component, said = FAULTS[fault]
    lab.run("break", fault, timeout=120)
    try:
        first = lab.json("why", code=None)["findings"][0]
        text = " ".join([first["message"], *(f"{one['source']} {one['text']}" for one in first["evidence"])])
        assert first["kind"] == "cause", first
        assert first["component"] in component.split("|"), first
        assert re.search(said, text, re.DOTALL), text
    finally:
        lab.run("mend", timeout=240)
    assert picture(lab) == before
    assert lab.json("status")["switches"] == ON
    lab.run("check")
