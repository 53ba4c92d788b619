"""Which addresses are https, and what is said of certificates near their end."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from labctl import access
from labctl.components import DEFAULT_PORTS
from labctl.credentials import listing, token
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
    assert secured.prepare(spec, ON, "mine").made == "new certificates and a new token"
    assert secured.due(spec, ON) == []
    monkeypatch.setattr(listing, "LEAF_ENDS", timedelta(days=31))
    assert [one.split()[3] for one in secured.due(spec, ON)] == ["collector", "labctl", "service", "viewer"]
    assert secured.due(spec, {}) == []
    assert secured.prepare(spec, ON, "mine").made == "new certificates"


def test_the_collector_has_to_read_again_what_it_reads_only_at_its_start(spec: LabSpec) -> None:
    """Its CAs, and a token's file that was away."""
    def reread() -> frozenset[str]:
        return secured.prepare(spec, ON, "mine").reread

    assert reread() == {"collector"}
    assert reread() == frozenset()
    own = secured.certificates(spec, "mine")
    (own.of("service") / "ca.crt").write_text("garbage")
    assert reread() == frozenset()
    (own.of("collector") / "ca.crt").unlink()
    assert reread() == {"collector"}
    token.file_in(spec.state).unlink()
    assert reread() == {"collector"}
    assert reread() == frozenset()


def test_what_the_state_folder_holds_is_what_the_switches_need(spec: LabSpec) -> None:
    assert secured.held(spec, {}) == []
    secured.prepare(spec, ON, "mine")
    assert [one.holder for one in secured.held(spec, ON)] == ["service", "collector", "viewer", "labctl", "token"]
    assert [one.holder for one in secured.held(spec, {"tls": "on"}, {"labctl"})] == ["labctl"]
    token.file_in(spec.state).unlink()
    assert secured.held(spec, ON)[-1].files == {}


def test_nothing_is_left(spec: LabSpec) -> None:
    secured.prepare(spec, ON, "mine")
    files = [path for path in spec.state.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    secured.forget(spec)
    assert list(spec.state.rglob("*")) == []


def test_what_a_browser_needs_is_said_with_files_that_are_there_and_without_the_token(spec: LabSpec) -> None:
    on = {**ON, "mtls": "on"}
    secured.prepare(spec, on, "mine")
    said = " ".join(secured.page_needs(spec, on))
    named = [Path(word) for word in said.split() if word.startswith(str(spec.state))]
    assert len(named) == 4
    assert all(path.is_file() for path in named)
    assert token.file_in(spec.state).read_text().strip() not in said
    assert secured.page_needs(spec, {}) == []
