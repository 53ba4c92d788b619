"""In a cluster: without its token or certificate a service stores nothing and serves as before, and `why` names the reason."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labctl.credentials.certificates import Certificates
from tests.driver import Driver
from tests.production.test_security import expired
from tests.soak.by_hand import findings
from tests.soak.kind.test_faults_by_hand import Kubectl, kubectl_of, pod

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

SERVICE, OTLP = "deployment/ai-lab-2-2-paid", "OTEL_EXPORTER_OTLP_"
REQUESTS = 20


@pytest.fixture(scope="module")
def secured(kind_lab: Driver) -> Iterator[Driver]:
    kind_lab.run("up", "--tls", "--mtls", "--auth", timeout=180)
    yield kind_lab
    kind_lab.run("up", "--auth", "off", "--mtls", "off", "--tls", "off", timeout=180)


def unset(*names: str) -> Callable[[Kubectl, Path, Path], object]:
    return lambda kubectl, state, folder: kubectl("set", "env", SERVICE, *(f"{name}-" for name in names))


def plain_text(kubectl: Kubectl, state: Path, folder: Path) -> None:
    kubectl("set", "env", SERVICE, f"{OTLP}ENDPOINT=http://otel-collector:4317")


def mounted(kubectl: Kubectl, volume: str, files: dict[str, bytes]) -> None:
    """Another Secret in place of the lab's, with these files."""
    data = {name: base64.b64encode(content).decode() for name, content in files.items()}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "by-hand"}, "data": data}
    kubectl("apply", "-f", "-", stdin=json.dumps(secret))
    pod(kubectl, "ai-lab-2-2-paid", {"volumes": [{"name": volume, "secret": {"secretName": "by-hand"}}]})


def wrong_token(kubectl: Kubectl, state: Path, folder: Path) -> None:
    mounted(kubectl, "token", {"token": b"of-somebody-else"})


def files(state: Path, **others: Path) -> dict[str, bytes]:
    """Those of the service, but for these."""
    own = state / "tls" / "service"
    return {name: (others.get(name.partition(".")[0], own) / name).read_bytes() for name in ("ca.crt", "tls.crt", "tls.key")}


def ended(kubectl: Kubectl, state: Path, folder: Path) -> None:
    mounted(kubectl, "tls", files(state, tls=expired(state, folder)))


def foreign(folder: Path) -> Path:
    certificates = Certificates(folder, "other", "other")
    certificates.ensure()
    return certificates.of("service")


def of_another_ca(kubectl: Kubectl, state: Path, folder: Path) -> None:
    mounted(kubectl, "tls", files(state, tls=foreign(folder)))


def trusts_another_ca(kubectl: Kubectl, state: Path, folder: Path) -> None:
    mounted(kubectl, "tls", files(state, ca=foreign(folder)))


REASONS: dict[str, Callable[[Kubectl, Path, Path], object]] = {
    "sender-no-token": unset("OTLP_TOKEN_FILE"),
    "sender-wrong-token": wrong_token,
    "sender-plain-text": plain_text,
    "sender-no-certificate": unset(f"{OTLP}CLIENT_CERTIFICATE", f"{OTLP}CLIENT_KEY"),
    "sender-certificate-ended": ended,
    "sender-certificate-foreign": of_another_ca,
    "sender-other-ca": trusts_another_ca,
}


@pytest.mark.parametrize("reason", REASONS)
def test_the_reason_is_named_and_nothing_is_stored(secured: Driver, reason: str, tmp_path: Path) -> None:
    kubectl = kubectl_of(secured)
    REASONS[reason](kubectl, secured.state / secured.name, tmp_path)
    kubectl("rollout", "status", SERVICE, "--timeout=60s")
    try:
        run = secured.json("load", "-n", str(REQUESTS), "--rps", "20", code=None, timeout=120)
        found = findings(secured)
        assert (run["requests"]["failed"], run["ledger"]["spans"]) == (0, REQUESTS)         # those of the load itself
        assert [one["rule"] for one in found if one["kind"] == "cause"] == [reason]
    finally:
        secured.run("up", timeout=180)
    assert secured.json("load", "-n", "20", "--rps", "20")["ledger"]["lost_spans"] == 0
