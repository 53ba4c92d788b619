"""Without its token or certificate a service stores nothing and serves as before, and `why` names the reason: processes.

In a cluster: tests/soak/kind/test_refusals.py.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labctl.credentials.certificates import Certificates
from tests.cases.spans import wait_until
from tests.driver import Driver, a_name, collector_on_path
from tests.production.test_security import expired, state
from tests.soak.by_hand import findings, started_again
from tests.soak.test_exports import answers

pytestmark = [pytest.mark.skipif(not collector_on_path(), reason="no collector on the PATH"), pytest.mark.timeout(200)]

OTLP = "OTEL_EXPORTER_OTLP_"
REQUESTS = 20


def foreign(lab: Driver, folder: Path) -> Path:
    others = Certificates(folder, lab.name, lab.name)
    others.ensure()
    return others.of("service")


def shows(folder: Path) -> dict[str, str]:
    return {f"{OTLP}CLIENT_CERTIFICATE": str(folder / "tls.crt"), f"{OTLP}CLIENT_KEY": str(folder / "tls.key")}


def wrong_token(lab: Driver, folder: Path) -> dict[str, str]:
    (folder / "token").write_text("of-somebody-else")
    return {"OTLP_TOKEN_FILE": str(folder / "token")}


REASONS: dict[str, Callable[[Driver, Path], dict[str, str]]] = {
    "sender-no-token": lambda lab, folder: {"OTLP_TOKEN_FILE": ""},
    "sender-wrong-token": wrong_token,
    "sender-plain-text": lambda lab, folder: {f"{OTLP}ENDPOINT": lab.url("OTLP_GRPC")},
    "sender-no-certificate": lambda lab, folder: {f"{OTLP}CLIENT_CERTIFICATE": "", f"{OTLP}CLIENT_KEY": ""},
    "sender-certificate-ended": lambda lab, folder: shows(expired(state(lab), folder)),
    "sender-certificate-foreign": lambda lab, folder: shows(foreign(lab, folder)),
    "sender-other-ca": lambda lab, folder: {f"{OTLP}CERTIFICATE": str(foreign(lab, folder) / "ca.crt")},
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    driver = Driver(a_name("refusals"), tmp_path_factory.mktemp("state"), settings={"DEFAULT_LATENCY_MS": "20"})
    with driver.up("--tls", "--mtls", "--auth"):
        yield driver


@pytest.mark.parametrize("reason", REASONS)
def test_the_reason_is_named_and_nothing_is_stored(lab: Driver, reason: str, tmp_path: Path) -> None:
    started_again(lab, "service", REASONS[reason](lab, tmp_path))
    wait_until(lambda: answers(f"{lab.url('SERVICE')}/health"))
    try:
        run = lab.json("load", "-n", str(REQUESTS), "--rps", "20", code=None)
        assert (run["requests"]["failed"], run["ledger"]["spans"]) == (0, REQUESTS)         # those of the load itself
        assert [one["rule"] for one in findings(lab) if one["kind"] == "cause"] == [reason]
    finally:
        lab.run("up")
    lab.run("check", "--timeout", "15s")
