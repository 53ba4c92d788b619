"""What several cases need: `labctl load` run as a user types it, and a viewer of the test's own."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cases.load_command import Load, Screen, ran
from tests.unit.telemetry.conftest import collector, store, viewer
from tests.viewer import Viewer

__all__ = ["collector", "store", "viewer"]


@pytest.fixture(name="load")
def load_json(tmp_path: Path) -> Load:
    """Runs it with `-o json` and gives what it printed, once its counts add up."""
    def load(url: str, *words: str, code: int | None = 0) -> dict[str, Any]:
        found = ran(tmp_path, "--url", url, "-o", "json", *words)
        assert found.returncode == code if code is not None else found.returncode in {0, 6}, found.stderr
        value: dict[str, Any] = json.loads(found.stdout)
        requests = value["requests"]
        assert requests["sent"] == requests["successful"] + requests["failed"] + requests["unfinished"]
        assert requests["failed"] == sum(requests["errors"].values())
        return value
    return load


@pytest.fixture(name="screen")
def load_text(tmp_path: Path) -> Screen:
    """Runs it and gives what is on its screen, in one line."""
    def load(*words: str) -> str:
        found = ran(tmp_path, *words)
        return " ".join(f"{found.stdout} {found.stderr}".split())
    return load


@pytest.fixture(scope="module")
def shared_viewer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    """One for all tests of a module, where none minds what the others have sent."""
    started = Viewer(tmp_path_factory.mktemp("viewer"))
    yield started
    started.kill()
