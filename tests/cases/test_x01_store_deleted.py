"""X01: the store's files are deleted or replaced while the viewer runs: what was acknowledged is on disk all the same."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.telemetry import requests
from tests.viewer import Viewer


def _all(store: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{store}{suffix}").unlink()


def _replaced(store: Path) -> None:
    _all(store)
    store.write_bytes(b"something else" * 1000)


TAMPERING: dict[str, Callable[[Path], None]] = {
    "all files": _all,
    "-wal alone": lambda store: Path(f"{store}-wal").unlink(),
    "-shm alone": lambda store: Path(f"{store}-shm").unlink(),
    "the folder": lambda store: shutil.rmtree(store.parent),
    "replaced": _replaced,
}


@pytest.mark.parametrize("what", TAMPERING)
def test_what_was_acknowledged_outlives_the_viewer(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    viewer = Viewer(folder)
    try:
        assert viewer.send(requests.traces(10)).status == 200
        assert viewer.counts()["spans"] == 20
        TAMPERING[what](viewer.db)
        assert viewer.send(requests.traces(10, first=11)).status == 200
        assert viewer.counts()["spans"] == 40
        viewer.kill()
        folder.mkdir(exist_ok=True)
        viewer.start()
        assert viewer.counts()["spans"] == 40
    finally:
        viewer.kill()
    aside = [path.read_bytes() for path in folder.glob("viewer.unreadable-*")]
    assert aside == ([b"something else" * 1000] if what == "replaced" else [])
