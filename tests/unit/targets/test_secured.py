"""Which addresses are https, and what is said of certificates near their end."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from labctl import access
from labctl.components import DEFAULT_PORTS
from labctl.credentials import listing
from labctl.model import LabSpec
from labctl.targets import secured

ON = {"tls": "on", "auth": "on"}


@pytest.fixture
def spec(tmp_path: Path) -> LabSpec:
    return LabSpec("mine", tmp_path, tmp_path / "state", DEFAULT_PORTS, {}, 1, 1)


@pytest.mark.parametrize(("endpoint", "scheme"), [
    ("service", "http"), ("otlp_grpc", "https"), ("otlp_http", "https"), ("viewer", "https"), ("viewer_grpc", "https"),
    ("collector_metrics", "http"), ("collector_health", "http"),
])
def test_telemetry_and_queries_are_https(spec: LabSpec, endpoint: str, scheme: str) -> None:
    assert secured.base_url(spec, ON, endpoint, 1234) == f"{scheme}://127.0.0.1:1234"
    assert secured.base_url(spec, {}, endpoint, 1234) == "http://127.0.0.1:1234"


def test_the_token_goes_to_no_other_origin(spec: LabSpec) -> None:
    secured.prepare(spec, ON, "mine")
    own = access.of(secured.base_url(spec, ON, "viewer", 1234))
    assert own
    assert own.headers()["authorization"].startswith("Bearer ")
    assert access.of("https://127.0.0.1:1235/api") is None
    plain = access.of(secured.base_url(spec, {"tls": "on"}, "viewer", 1234))
    assert plain
    assert plain.headers() == {}


def test_what_is_due_is_said(spec: LabSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    assert secured.prepare(spec, ON, "mine") == "new certificates and a new token"
    assert secured.due(spec, ON) == []
    monkeypatch.setattr(listing, "LEAF_ENDS", timedelta(days=31))
    assert [one.split()[3] for one in secured.due(spec, ON)] == ["collector", "labctl", "service", "viewer"]
    assert secured.due(spec, {}) == []
    assert secured.prepare(spec, ON, "mine") == "new certificates"


def test_nothing_is_left(spec: LabSpec) -> None:
    secured.prepare(spec, ON, "mine")
    files = [path for path in spec.state.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    secured.forget(spec)
    assert list(spec.state.rglob("*")) == []
