"""A real viewer with TLS, client certificates and a token: what is refused, by which reason, and what is exchanged."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from labctl import access
from labctl.access import Credentials
from labctl.credentials import token
from labctl.credentials.certificates import Certificates
from labctl.host import http
from labctl.host.http import Unreachable
from labctl.viewer_client.sent_spans import client_span
from tests.viewer import GRPC, Viewer

JSON = {"content-type": "application/json"}
pytestmark = pytest.mark.slow


class Secured(Viewer):
    def __init__(self, state: Path) -> None:
        self.state = state
        self.certificates = Certificates(state, "mine", "ai-ml-lab-2-2")
        self.certificates.ensure()
        token.ensure(state)
        folder = self.certificates.of("labctl")
        self.access = Credentials(
            str(folder / "ca.crt"), str(folder / "tls.crt"), str(folder / "tls.key"), str(token.file_in(state)))
        super().__init__(
            state, "--tls", str(self.certificates.of("viewer")), "--client-certificates", "--tokens", str(token.file_in(state)),
        )

    @property
    def url(self) -> str:
        return access.register(f"https://{self.at['http']}", self.access)

    def refused(self) -> dict[str, int]:
        return dict(http.get(f"{self.url}/health").json()["refused"])

    def spans(self) -> int:
        return int(http.get(f"{self.url}/api/counts").json()["spans"])

    def send_one(self, own: Credentials, **headers: str) -> int:
        """The status; 0 where no connection was made."""
        access.register(f"https://{self.at['http']}", own)
        body = client_span(
            trace_id="ab" * 16, span_id="cd" * 8, start_ns=1, end_ns=2, method="GET", url="http://x", status=200)
        try:
            return http.post(f"https://{self.at['http']}/v1/traces", body, JSON | headers).status
        except Unreachable:
            return 0


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    started = Secured(tmp_path_factory.mktemp("secured"))
    yield started
    started.kill()


def test_with_all_of_it_spans_are_stored(viewer: Secured) -> None:
    assert viewer.send_one(viewer.access) == 200
    assert viewer.spans() == 1


@pytest.mark.parametrize(("without", "headers", "status", "reason"), [
    ({"token": ""}, {}, 401, "no_token"),
    ({}, {"authorization": "Bearer wrong"}, 401, "wrong_token"),
    ({}, {"authorization": "Basic abc"}, 401, "no_token"),
    ({"certificate": "", "key": ""}, {}, 403, "no_certificate"),
])
def test_what_is_missing_is_refused_by_its_reason(
    viewer: Secured, without: dict[str, str], headers: dict[str, str], status: int, reason: str,
) -> None:
    before, stored = viewer.refused().get(reason, 0), viewer.spans()
    assert viewer.send_one(replace(viewer.access, **without), **headers) == status
    assert viewer.refused()[reason] == before + 1
    assert viewer.spans() == stored


def test_a_query_needs_the_token_too(viewer: Secured) -> None:
    access.register(f"https://{viewer.at['http']}", replace(viewer.access, token=""))
    assert http.get(f"https://{viewer.at['http']}/api/counts").status == 401
    assert http.get(f"https://{viewer.at['http']}/health").status == 200


def test_a_foreign_certificate_is_refused(viewer: Secured, tmp_path: Path) -> None:
    foreign = Certificates(tmp_path, "mine", "ai-ml-lab-2-2")
    foreign.ensure()
    folder = foreign.of("labctl")
    assert viewer.send_one(replace(viewer.access, certificate=str(folder / "tls.crt"), key=str(folder / "tls.key"))) == 0
    assert viewer.refused()["foreign_certificate"] >= 1


def test_plain_text_is_refused(viewer: Secured) -> None:
    with pytest.raises(Unreachable):
        http.get(f"http://{viewer.at['http']}/health")
    assert viewer.refused()["plain_text"] == 1


def test_grpc_needs_both(viewer: Secured) -> None:
    files = viewer.certificates.files("labctl")
    secret, bare = token.tokens(viewer.state)[0], grpc.ssl_channel_credentials(files["ca.crt"])
    whole = grpc.ssl_channel_credentials(files["ca.crt"], files["tls.key"], files["tls.crt"])
    assert export_status(viewer.at["grpc"], whole, secret) is grpc.StatusCode.OK
    assert export_status(viewer.at["grpc"], whole, "wrong") is grpc.StatusCode.UNAUTHENTICATED
    assert export_status(viewer.at["grpc"], bare, secret) is grpc.StatusCode.UNAVAILABLE


def export_status(at: str, credentials: grpc.ChannelCredentials, secret: str) -> grpc.StatusCode:
    with grpc.secure_channel(at, credentials) as channel:
        call = channel.unary_unary(f"/opentelemetry.proto.collector.{GRPC['traces']}/Export", None, None)
        try:
            call(b"", metadata=(("authorization", f"Bearer {secret}"),), timeout=30)
        except grpc.RpcError as error:
            return error.code()
        return grpc.StatusCode.OK


def test_exchanged_files_are_read_again(viewer: Secured) -> None:
    old = token.tokens(viewer.state)[0]
    viewer.certificates.exchange()
    token.write(viewer.state, ["new-token", old])
    assert viewer.send_one(viewer.access) == 200
    assert viewer.send_one(viewer.access, authorization=f"Bearer {old}") == 200
    token.write(viewer.state, ["new-token"])
    assert viewer.send_one(viewer.access, authorization=f"Bearer {old}") == 401
    viewer.certificates.forget_old()
    assert viewer.send_one(viewer.access) == 200
    # half an exchange: the certificates before stay in use
    (viewer.certificates.of("viewer") / "tls.key").write_text("nonsense")
    assert viewer.send_one(viewer.access) == 200
    viewer.certificates.renew()
    assert viewer.send_one(viewer.access) == 200


def test_the_log_has_reasons_and_no_token(viewer: Secured) -> None:
    viewer.send_one(viewer.access, authorization="Bearer a-wrong-secret")
    text = viewer.log.read_text()
    assert "refused: " in text
    assert "a-wrong-secret" not in text
    assert not any(one in text + json.dumps(viewer.refused()) for one in token.tokens(viewer.state))
