"""What the page is told of faults: named while they go on, but for secret ones, and ended by name."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from labctl.faults import told
from labctl.faults.catalogue import BY_NAME
from labctl.faults.record import FaultRecord
from labctl.host.http import get
from labctl.model import Endpoints
from tests.viewer import Viewer

NOTHING = FaultRecord(0.0, {})
PORT, SECRET = BY_NAME["wrong-port"], BY_NAME["viewer-gone"]


@dataclass
class Place:
    viewer: str
    temporary: frozenset[str] = field(default_factory=frozenset)

    def endpoints(self) -> Endpoints:
        return Endpoints({"viewer": self.viewer}, self.temporary)


def test_faults_begin_and_end(tmp_path: Path) -> None:
    viewer = Viewer(tmp_path)

    def listed() -> dict[str, dict[str, Any]]:
        found = get(f"{viewer.url}/api/annotations?kind=fault").json()["annotations"]
        return {one["title"]: one for one in found}

    try:
        place, until = cast(Any, Place(viewer.url)), time.time() + 60
        named = NOTHING.with_faults([PORT], until, secret=False)
        both = named.with_faults([SECRET], until, secret=True)
        told.begin(place, NOTHING, named)
        told.begin(place, named, both)
        assert {title: one["end"] for title, one in listed().items()} == {"wrong-port": None, told.NAMELESS: None}
        assert SECRET.name not in str(listed())
        assert listed()["wrong-port"]["data"]["teaches"] == PORT.teaches

        told.end(place, both, both.without(PORT))
        assert listed()["wrong-port"]["end"] >= listed()["wrong-port"]["begin"]
        assert listed()[told.NAMELESS]["end"] is None
        told.end(place, both, NOTHING)
        assert {title for title, one in listed().items() if one["end"]} == {"wrong-port", SECRET.name}

        told.take_back(place, told.begin(place, NOTHING, named))
        assert listed()["wrong-port: not injected"]["end"]
    finally:
        viewer.kill()


@pytest.mark.parametrize("place", [Place("http://127.0.0.1:1"), Place("http://127.0.0.1:1", frozenset({"viewer"}))])
def test_without_a_viewer_nothing_is_raised(place: Place) -> None:
    named = NOTHING.with_faults([PORT], 1.0, secret=False)
    assert [one.title for one in told.begin(cast(Any, place), NOTHING, named)] == ["wrong-port"]
    told.end(cast(Any, place), named, NOTHING)
