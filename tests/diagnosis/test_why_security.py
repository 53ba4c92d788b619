"""Senders that are not let in: nothing of theirs is stored, the service serves as before, and the diagnosis names the reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from labctl.credentials import authority
from labctl.credentials.certificates import Certificates
from labctl.host import daemons, http
from tests.cases.spans import count_of
from tests.contract.conftest import fresh_lab
from tests.diagnosis.test_why import begin_again
from tests.driver import Driver, collector_on_path
from tests.unit.service.conftest import until

pytestmark = pytest.mark.skipif(not collector_on_path(), reason="the switches need the real collector")
OTLP = "OTEL_EXPORTER_OTLP_"


@dataclass(frozen=True)
class Wrong:
    """Files that do not fit."""

    folder: Path

    def make(self, own: Certificates) -> None:
        Certificates(self.folder / "foreign", "other", "other").ensure()
        signer = authority.first_of((own.folder / "ca.crt").read_bytes(), (own.folder / "ca.key").read_bytes())
        assert signer
        ended = authority.issue(signer, authority.Holder("service"), timedelta(seconds=-1))
        (self.folder / "ended.crt").write_bytes(ended.certificate)
        (self.folder / "ended.key").write_bytes(ended.key)
        (self.folder / "token").write_text("another")

    def client(self, name: str) -> dict[str, str]:
        start = {"ended": self.folder / "ended", "foreign": self.folder / "foreign" / "tls" / "service" / "tls"}[name]
        return {f"{OTLP}CLIENT_CERTIFICATE": f"{start}.crt", f"{OTLP}CLIENT_KEY": f"{start}.key"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    with fresh_lab("otelcol", tmp_path_factory.mktemp("state")).up("--tls", "--mtls", "--auth") as driver:
        yield driver


@pytest.fixture(scope="module")
def wrong(lab: Driver, tmp_path_factory: pytest.TempPathFactory) -> Wrong:
    made = Wrong(tmp_path_factory.mktemp("wrong"))
    made.make(Certificates(lab.state / lab.name, lab.name, lab.name))
    return made


def variables(case: str, lab: Driver, wrong: Wrong) -> dict[str, str]:
    return {
        "sender-no-token": {"OTLP_TOKEN_FILE": ""},
        "sender-wrong-token": {"OTLP_TOKEN_FILE": str(wrong.folder / "token")},
        "sender-certificate-ended": wrong.client("ended"),
        "sender-certificate-foreign": wrong.client("foreign"),
        "sender-no-certificate": {f"{OTLP}CLIENT_CERTIFICATE": "", f"{OTLP}CLIENT_KEY": ""},
        "sender-other-ca": {f"{OTLP}CERTIFICATE": str(wrong.folder / "foreign" / "tls" / "ca.crt")},
        "sender-plain-text": {f"{OTLP}ENDPOINT": f"http://127.0.0.1:{lab.ports['OTLP_GRPC']}"},
    }[case]


def causes(lab: Driver) -> list[str]:
    return [one["rule"] for one in lab.json("why", code=None)["findings"] if one["kind"] == "cause"]


@pytest.mark.parametrize("case", [
    "sender-no-token", "sender-wrong-token", "sender-certificate-ended", "sender-certificate-foreign", "sender-no-certificate",
    "sender-other-ca", "sender-plain-text",
])
def test_the_very_reason_is_named_and_mended(lab: Driver, wrong: Wrong, case: str) -> None:
    # one that was replaced says in the same log what it could not send
    until(lambda: sum(one.component == "service" for one in daemons.running(lab.name)) == 1)
    begin_again(lab, "service", variables=variables(case, lab, wrong))
    url, body = lab.url("SERVICE"), b'{"features": [0.5]}'
    answers = [http.post(f"{url}/predict", body, {"content-type": "application/json"}) for _ in range(5)]
    assert {one.status for one in answers} == {200}
    # on a busy machine the first look may come before the service has tried to send
    looks = [causes(lab)]
    while looks[-1] == [] and len(looks) < 3:
        looks.append(causes(lab))
    assert looks[-1] == [case]
    trace_ids = ", ".join(f"x'{one.json()['trace_id']}'" for one in answers)
    assert count_of(lab, f"SELECT count(*) FROM spans WHERE trace_id IN ({trace_ids})") == 0
    lab.run("up")
    lab.run("check", "--timeout", "20s")
