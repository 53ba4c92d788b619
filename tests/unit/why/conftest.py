"""A store of the viewer's, in this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from labctl.telemetry.store.retention import RetentionLimits
from labctl.telemetry.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "viewer.db", RetentionLimits(1 << 30, 86400))
    yield opened
    opened.close()
