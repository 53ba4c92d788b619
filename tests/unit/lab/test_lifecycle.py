"""`down` without a lab says so once; remains of one are removed and named."""

from pathlib import Path
from typing import Any

import pytest

from labctl.config import load
from labctl.errors import LabError
from labctl.lab import lifecycle
from labctl.model import LabSpec, Notes, Unchanged
from labctl.targets import ClusterOptions, Search
from tests.unit.lab.test_plan import Place, Transcript


class Empty(Place):
    def destroy(self) -> Notes:
        yield Unchanged("nothing was up")


class Remains(Place):
    def destroy(self) -> Notes:
        yield "deleted a half-made cluster"


def spec(folder: Path) -> LabSpec:
    return load({"LABCTL_STATE_DIR": str(folder), "LABCTL_LAB": "x"}, {}).spec()


def down(folder: Path, monkeypatch: pytest.MonkeyPatch, *targets: Any) -> tuple[lifecycle.DownResult, list[str]]:
    shown = Transcript()
    monkeypatch.setattr(lifecycle, "search", lambda *_: Search(dict(enumerate(targets)), None))  # type: ignore[arg-type]
    return lifecycle.down(spec(folder), ClusterOptions(), shown), shown.lines


def test_nothing_up_shows_no_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result, lines = down(tmp_path, monkeypatch, Empty(), Empty())
    assert (result.was_up, result.result, lines) == (False, "nothing was up", [])


def test_remains_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result, lines = down(tmp_path, monkeypatch, Empty(), Remains())
    assert (result.result, lines) == ("deleted a half-made cluster", ["deleted a half-made cluster"])


class Switched(Place):
    """A lab with switches, one of them from the settings."""

    def switches(self) -> dict[str, str]:
        return {"tls": "on", "sampling": "tail:errors,slow>400ms"}

    def overrides(self) -> dict[str, str]:
        return {"service.replicas": "2"}


class Silent(Place):
    def switches(self) -> dict[str, str]:
        raise LabError("the API server does not answer")


def down_of(place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch, **environ: str) -> lifecycle.DownResult:
    monkeypatch.setattr(lifecycle, "search", lambda *_: Search({}, place))  # type: ignore[arg-type]
    given = load({"LABCTL_STATE_DIR": str(folder), "LABCTL_LAB": "x"}, environ).spec()
    return lifecycle.down(given, ClusterOptions(), Transcript())


def test_what_ended_with_the_lab_is_said_with_the_line_to_have_it_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = down_of(Switched(), tmp_path, monkeypatch)
    assert result.again == "labctl up --tls on --sampling 'tail:errors,slow>400ms' --set service.replicas=2"
    assert result.as_json()["switches"]["tls"] == "on"


def test_what_the_settings_give_is_on_again_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "tls" not in down_of(Switched(), tmp_path, monkeypatch, LABCTL_TLS="on").again


def test_a_lab_that_cannot_be_asked_is_removed_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = down_of(Silent(), tmp_path, monkeypatch)
    assert (result.was_up, result.again) == (True, "")
