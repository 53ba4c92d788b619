"""An explanation refuses what `up` refuses, and names the files of what would differ."""

from pathlib import Path

import pytest

from labctl.config import load
from labctl.errors import LabError
from labctl.lab.explain import Explanation, explain
from labctl.targets.local.target import LocalTarget


def explained(state: Path, **switches: str) -> Explanation:
    return explain(load({"LABCTL_STATE_DIR": str(state), "LABCTL_LAB": "explained", "LABCTL_TARGET": "local", **switches}, {}))


@pytest.fixture(autouse=True)
def _free_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has the usual ones on this machine."""
    monkeypatch.setattr("labctl.targets.local.settings.needed_ports.require_free", lambda *_: None)


@pytest.mark.parametrize(("switches", "said"), [
    ({"LABCTL_EXPORT": "honeycomb", "LABCTL_EXPORT_HEADERS": "/nowhere"}, "^--export-headers honeycomb: there is no"),
    ({"LABCTL_EXPORT": "http://127.0.0.1:4318"}, "is the lab's own collector"),
    ({"LABCTL_AUTH": "on"}, "--auth needs --tls"),
])
def test_what_up_refuses_is_refused_with_the_same_words(tmp_path: Path, switches: dict[str, str], said: str) -> None:
    with pytest.raises(LabError, match=said):
        explained(tmp_path, **switches)


def test_the_folders_are_those_of_what_would_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LocalTarget, "exists", lambda _: True)
    monkeypatch.setattr(LocalTarget, "switches", lambda _: {"sampling": "head:10%", "allow-from": "x"})
    found = explained(tmp_path, LABCTL_SAMPLING="head:20%")
    assert found.folders == ["manifests/switches/sampling-head"]
