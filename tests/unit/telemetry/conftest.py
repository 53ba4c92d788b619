"""A viewer in a process of its own, and a store in this one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from labctl.telemetry.store.retention import RetentionLimits
from labctl.telemetry.store.store import Store
from labctl.viewer_client.client import ViewerClient
from tests.viewer import Viewer

GENEROUS = RetentionLimits(1 << 30, 86400)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "viewer.db", GENEROUS)
    yield opened
    opened.close()


@pytest.fixture
def viewer(tmp_path: Path) -> Iterator[Viewer]:
    started = Viewer(tmp_path)
    yield started
    if started.process.poll() is None:
        started.kill()


@pytest.fixture(scope="module")
def unused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    """One for all tests of a module in which it is asked for what it refuses, and stores nothing."""
    started = Viewer(tmp_path_factory.mktemp("unused"))
    yield started
    assert ViewerClient(started.url).counts()["spans"] == 0
    started.kill()


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Viewer]:
    started = Viewer(tmp_path, embedded=True)
    yield started
    started.kill()
