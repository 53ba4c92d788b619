"""Settings that the service cannot use are refused before anything is stopped, and a changed setting is named."""

import os
from pathlib import Path

import psutil
import pytest

from labctl.config import load
from labctl.errors import UsageError
from labctl.host import daemons
from labctl.host.daemons import Running
from labctl.model import LabSpec
from labctl.targets.local.settings import service_settings
from labctl.targets.local.target import LocalTarget
from tests.driver import ROOT


class Service(Running):
    """A running service that has been given these settings."""

    given: dict[str, str] = {}  # noqa: RUF012

    def environment(self) -> dict[str, str]:
        return {"OTEL_PYTHON_DISTRO": "lab", "PATH": "/bin", **self.given}


def spec(state: Path, **settings: str) -> LabSpec:
    (state / "x" / "logs").mkdir(parents=True, exist_ok=True)
    flags = {"LABCTL_PROJECT": str(ROOT), "LABCTL_STATE_DIR": str(state), "LABCTL_LAB": "x", **settings}
    return load(flags, {}).spec()


def running(monkeypatch: pytest.MonkeyPatch, **settings: str) -> Service:
    monkeypatch.setattr(Service, "given", settings)
    return Service("x", "service", os.getpid(), 0.0, "old", {}, psutil.Process())


def test_a_wrong_value_is_refused_and_the_running_service_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[object] = []
    service = running(monkeypatch)
    monkeypatch.setattr(daemons, "running", lambda _: [service])
    monkeypatch.setattr(daemons, "stop", lambda wanted, _: stopped.append(wanted))

    with pytest.raises(UsageError) as refused:
        list(LocalTarget(spec(tmp_path, SLOW_SPAN="foo")).deploy())

    assert "SLOW_SPAN='foo' cannot be used" in refused.value.message
    assert "the lab was not changed" in refused.value.message
    assert "SLOW_SPAN (flag)" in refused.value.detail
    assert not stopped


def test_what_a_service_can_use_is_not_refused(tmp_path: Path) -> None:
    lab = spec(tmp_path, SLOW_SPAN="format_response:2%:400ms", OTEL_TRACES_SAMPLER="always_on")
    service_settings.require_usable(lab, service_settings.changes(lab, None))


def test_a_dropped_setting_is_named_with_its_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = running(monkeypatch, SLOW_SPAN="format_response:2%:400ms", APP_ENV="dev", OTEL_EXPORTER_OTLP_HEADERS="key=secret")
    changed = service_settings.changes(spec(tmp_path, APP_ENV="dev", DEFAULT_LATENCY_MS="5"), service)

    assert list(map(str, changed)) == [
        "DEFAULT_LATENCY_MS 100 → 5", "OTEL_EXPORTER_OTLP_HEADERS", "SLOW_SPAN format_response:2%:400ms → off",
    ]


def test_the_same_settings_are_no_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert service_settings.changes(spec(tmp_path, APP_ENV="dev"), running(monkeypatch, APP_ENV="dev")) == []
