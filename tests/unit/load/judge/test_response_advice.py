"""What the responses say of the server."""

from dataclasses import replace
from typing import Any

import pytest

from labctl.load.judge.response_advice import identified, response_remarks
from labctl.load.measure.summary import Summary
from labctl.load.plan.load_plan import LoadPlan
from tests.unit.load.running import load
from tests.unit.load.servers import GOOD, Client, close, each, serving


@pytest.fixture(name="good")
def a_good_run() -> Summary:
    with serving(each(GOOD)) as url:
        return load(url, requests=3)


def remarks(summary: Summary, **changes: Any) -> list[str]:
    return list(response_remarks(replace(summary, **changes)))


def test_a_good_run_needs_no_word(good: Summary) -> None:
    assert remarks(good) == []


def test_each_has_its_sentence(good: Summary) -> None:
    assert "use https://" in remarks(good, server_speaks="TLS")[0]
    assert remarks(good, statuses={308: 2}, notes={"http 308": "/there"}) == [
        "2 responses redirected (308) to /there; redirects are not followed."
    ]
    assert "sent again" in remarks(good, resent=2)[0]
    assert "only idempotent requests" in remarks(good, errors={"stale connection": 1})[0]
    assert "--cert FILE" in remarks(good, errors={"tls: client certificate required": 1})[0]
    assert remarks(good, notes={"malformed response": "why: what"}, errors={"malformed response": 1}) == [
        "The first malformed response: why: what"
    ]
    assert remarks(good, statuses={304: 2}) == []


def test_a_refusal_that_was_expected_is_none(good: Summary) -> None:
    told = {"statuses": {404: 2}, "notes": {"http 404": "gone"}}
    assert remarks(good, **told) == []
    assert remarks(good, **told, errors={"http 404": 2}) == ["The first http 404 said: gone"]


@pytest.mark.parametrize("changes", [{"successful": 1}, {"statuses": {500: 3}}, {"interrupted": True}, {"failed": 0}])
def test_a_server_that_was_understood_is_not_asked(changes: dict[str, Any]) -> None:
    asked: list[Client] = []
    with serving(asked.append) as url:
        result = load(url, requests=3, concurrency=1)
        before = len(asked)
        assert identified(LoadPlan(url), replace(result, **changes)).server_speaks == ""
    assert len(asked) == before


def test_a_server_that_has_gone_is_not_waited_for() -> None:
    with serving(each(then=close)) as url:
        result = load(url, requests=3)
    assert identified(LoadPlan(url), result).server_speaks == ""
