"""A run during which the viewer's address changes, as by a switch of TLS, is accounted for at the new one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from labctl import targets
from labctl.components import DEFAULT_PORTS
from labctl.load import run
from labctl.load.ledger.await_spans import Witnesses
from labctl.model import Endpoints, LabSpec
from labctl.viewer_client.client import ViewerClient
from tests.unit.why.test_gather import answering

COUNTS = b'HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{"spans":0}'
GONE = "http://127.0.0.1:1"


@dataclass
class Moved:
    viewer: str

    def endpoints(self) -> Endpoints:
        return Endpoints({"viewer": self.viewer})


def now(folder: Path, viewer: ViewerClient) -> Any:
    lab = run._Lab(cast(Any, None), "", Witnesses(viewer, cast(Any, None), lambda: None, lambda: True), cast(Any, None))
    return run._as_it_is_now(lab, LabSpec("x", folder, folder, DEFAULT_PORTS, {}, 1, 1))


def test_one_that_answers_is_kept(tmp_path: Path) -> None:
    with answering(COUNTS) as url:
        viewer = ViewerClient(url)
        assert now(tmp_path, viewer).witnesses.viewer is viewer


def test_the_new_address_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(COUNTS) as url:
        monkeypatch.setattr(targets, "reachable_target", lambda _: Moved(url))
        assert now(tmp_path, ViewerClient(GONE)).witnesses.viewer.counts()["spans"] == 0


def test_without_a_lab_any_more_the_old_one_is_asked_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "reachable_target", lambda _: None)
    viewer = ViewerClient(GONE)
    assert now(tmp_path, viewer).witnesses.viewer is viewer
