"""The service's exporters with credentials that are exchanged while it runs, against a real gRPC receiver."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from labctl.credentials import token
from labctl.credentials.certificates import Certificates
from tests.unit.service.conftest import Sink, running, until

pytestmark = pytest.mark.slow


@dataclass
class Secured:
    certificates: Certificates
    sink: Sink

    def variables(self) -> dict[str, str]:
        folder = self.certificates.of("service")
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"https://127.0.0.1:{self.sink.port}",
            "OTEL_EXPORTER_OTLP_CERTIFICATE": str(folder / "ca.crt"), "OTEL_EXPORTER_OTLP_CLIENT_KEY": str(folder / "tls.key"),
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": str(folder / "tls.crt"),
            "OTLP_TOKEN_FILE": str(token.file_in(self.certificates.state)),
        }

    def listen(self) -> None:
        """With the certificate that is there now."""
        files = self.certificates.files("collector")
        self.sink.credentials = grpc.ssl_server_credentials(
            [(files["tls.key"], files["tls.crt"])], files["ca.crt"], require_client_auth=True)
        self.sink.start()


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Secured]:
    certificates = Certificates(tmp_path / "state", "mine", "ai-ml-lab-2-2")
    certificates.ensure()
    token.ensure(certificates.state)
    one = Secured(certificates, Sink())
    one.listen()
    yield one
    one.sink.stop()


def test_a_new_authority_a_new_certificate_and_a_new_token(tmp_path: Path, secured: Secured) -> None:
    others = {"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer of-a-backend,x-tenant=a"}
    with running(tmp_path, **secured.variables(), **others) as service:
        assert service.post()[0] == 200
        until(lambda: len(secured.sink.spans) == 4)
        assert secured.sink.headers["x-tenant"] == "a"
        assert secured.sink.headers["authorization"] == f"Bearer {token.tokens(secured.certificates.state)[0]}"

        secured.certificates.exchange()
        secured.certificates.forget_old()           # at once: nothing but the new files helps
        token.write(secured.certificates.state, ["new"])
        secured.sink.stop()
        secured.listen()
        assert service.post()[0] == 200
        until(lambda: len(secured.sink.spans) == 8)
        assert secured.sink.headers["authorization"] == "Bearer new"
        assert service.stop() == 0
        assert "new" not in {line.get("authorization") for line in service.lines()}


def test_stock_exporters_without_an_authority(tmp_path: Path, secured: Secured) -> None:
    """Where only the endpoint is https, the system's CAs hold, and nothing of ours is used."""
    from service.distro import set_defaults, usable_settings

    settings = usable_settings()
    assert settings
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://127.0.0.1:4317"}
    set_defaults(environ, settings)
    assert environ["OTEL_TRACES_EXPORTER"] == "otlp"
    environ = secured.variables()
    set_defaults(environ, settings)
    assert environ["OTEL_TRACES_EXPORTER"] == "otlp_renewed"
    environ = secured.variables() | {"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "http://127.0.0.1:4317"}
    set_defaults(environ, settings)
    assert environ["OTEL_TRACES_EXPORTER"] == "otlp"
