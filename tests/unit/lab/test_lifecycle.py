"""`down` without a lab says so once; remains of one are removed and named."""

from pathlib import Path
from typing import Any

import pytest

from labctl.config import load
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
