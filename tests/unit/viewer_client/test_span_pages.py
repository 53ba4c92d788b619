"""Pages of spans from the viewer: what is not one is refused in a line, and so is a viewer that does not know the question."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from labctl.errors import LabError
from labctl.host.http import Answer
from labctl.viewer_client import client
from labctl.viewer_client.client import ViewerClient

PAGE: Mapping[str, Any] = {
    "trace_ids": "ab" * 16, "span_ids": "cd" * 8, "parent_ids": "0" * 16, "starts": [1], "durations": [2], "errors": [0],
    "origins": [0], "attributes": [[0]], "origins_table": [{"service": "s", "name": "n", "kind": "server", "resource": {}}],
    "pairs": [["k", 1]], "after": None,
}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, Any]]:
    given: list[tuple[int, Any]] = []

    def get(url: str, timeout_s: float) -> Answer:
        status, value = given.pop(0)
        return Answer(url, status, json.dumps(value).encode(), 0.0, 0)

    monkeypatch.setattr(client, "get", get)
    return given


def test_page_after_page(answers: list[tuple[int, Any]]) -> None:
    answers += [(200, {**PAGE, "after": "1-ab-1"}), (200, PAGE)]
    first, second = ViewerClient("http://viewer").span_pages("ab")
    assert (first.after, second.after) == ("1-ab-1", "")
    assert (first.trace_ids, first.parent_ids, first.pairs) == (["ab" * 16], [""], [("k", 1)])
    assert first.origins_table[0].kind == "server"


@pytest.mark.parametrize("wrong", [
    {}, {**PAGE, "starts": []}, {**PAGE, "origins_table": [{"service": "s"}]}, {**PAGE, "pairs": [1]},
])
def test_what_is_no_page(answers: list[tuple[int, Any]], wrong: Mapping[str, Any]) -> None:
    answers.append((200, wrong))
    with pytest.raises(LabError, match="expected spans in columns"):
        list(ViewerClient("http://viewer").span_pages("ab"))


def test_a_viewer_of_before(answers: list[tuple[int, Any]]) -> None:
    answers.append((404, {"title": "not found"}))
    with pytest.raises(LabError, match="older than this labctl") as error:
        list(ViewerClient("http://viewer").span_pages("ab"))
    assert error.value.hint == "labctl up"
