"""What labctl tells the viewer: kept, replaced by its key, listed where it overlaps; nonsense is refused, and never a 5xx."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from labctl.host.http import get, post, request
from labctl.telemetry.receive.annotations import decode, of_a_file
from labctl.telemetry.store.rows import MOST_ANNOTATIONS
from labctl.telemetry.store.store import Store
from labctl.viewer_client.annotations import Annotation, AnnotationKind, going_on, tell
from tests.viewer import JSON, Viewer

AT = 1795687200.125


def one(**changes: Any) -> dict[str, Any]:
    return {"kind": "fault", "key": "k", "begin": AT, "end": None, "title": "wrong-port", "data": {"fault": "x"}, **changes}


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    found = Viewer(tmp_path_factory.mktemp("viewer"))
    yield found
    found.kill()


def send(viewer: Viewer, value: Any) -> tuple[int, Any]:
    answer = post(f"{viewer.url}/api/annotations", value if isinstance(value, bytes) else json.dumps(value).encode(), JSON)
    return answer.status, answer.json()


def listed(viewer: Viewer, query: str = "") -> list[dict[str, Any]]:
    answer = get(f"{viewer.url}/api/annotations?{query}")
    assert answer.status == 200, answer.body
    return list(answer.json()["annotations"])


def test_one_goes_on_and_ends(viewer: Viewer) -> None:
    assert send(viewer, one(key="a")) == (200, {"accepted": 1, "refused": {}})
    [begun] = listed(viewer, "key=a")
    assert {**begun, "told": 0} == {**one(key="a"), "told": 0}
    send(viewer, [one(key="a", end=AT + 60, title="ended")])
    [ended] = listed(viewer, "key=a")
    assert (ended["begin"], ended["end"], ended["title"]) == (AT, AT + 60, "ended")
    assert ended["told"] > begun["told"]


def test_those_that_overlap_are_listed_the_last_told_first(viewer: Viewer) -> None:
    send(viewer, [one(kind="rollout", key="early", begin=100, end=200), one(kind="rollout", key="late", begin=300)])
    assert [found["key"] for found in listed(viewer, "kind=rollout")] == ["late", "early"]
    assert [found["key"] for found in listed(viewer, "kind=rollout&begin=201&end=299")] == []
    assert [found["key"] for found in listed(viewer, "kind=rollout&begin=200&end=299.5")] == ["early"]
    assert [found["key"] for found in listed(viewer, "kind=rollout&begin=250")] == ["late"]
    assert listed(viewer, "kind=rollout&data=no")[0]["data"] == {}


def test_an_invalid_one_is_refused_by_itself(viewer: Viewer) -> None:
    status, said = send(viewer, [one(key="b1"), one(key="b2", begin="now")])
    assert (status, said) == (200, {"accepted": 1, "refused": {"begin must be a time in Unix seconds": 1}})
    assert [found["key"] for found in listed(viewer) if found["key"].startswith("b")] == ["b1"]


@pytest.mark.parametrize("value", [
    b"", b"{", b"null", b"[" * 100_000, b"[]", b'{"kind":"fault"}', b"\xff", [one()] * 101, "x", 5, [None], [[one()]],
    one(kind="other"), one(kind=[]), one(kind=None), one(key=""), one(key=5), one(key="x" * 201), one(key="\ud800"),
    one(begin=True), one(begin=None), one(begin=-1), one(begin=1e10), one(end="soon"), one(end=AT - 1), one(title=""),
    one(title={"a": 1}), one(title="x" * 501), one(data=[]), one(data={"a": "x" * (256 << 10)}), one(data={"a": "\udfff"}),
    json.dumps(one(begin=0)).replace(" 0,", " NaN,").encode(), json.dumps(one(data={"a": 0})).replace(" 0}", " 1e999}").encode(),
    json.dumps(one(begin=0)).replace(" 0,", f" {'9' * 5000},").encode(),
    json.dumps(one(data={"a": 0})).replace(" 0}", f" {'9' * 400}}}").encode(),
    json.dumps(one(data={"a": 0})).replace(" 0}", f"{'[' * 900}{']' * 900}}}").encode() + b"]",
], ids=lambda value: repr(value)[:40])
def test_nonsense_is_refused(viewer: Viewer, value: Any) -> None:
    status, said = send(viewer, value)
    assert status == 400
    assert said["title"] == "not an annotation"
    assert get(f"{viewer.url}/health").status == 200


@pytest.mark.parametrize("query", ["begin=x", "end=-1", "begin=1e3", "kind=other", "data=maybe", "begin=99999999999"])
def test_a_query_that_makes_no_sense_is_a_400(viewer: Viewer, query: str) -> None:
    assert get(f"{viewer.url}/api/annotations?{query}").status == 400


def test_only_json_of_this_site_is_taken_and_only_get_and_post_answered(viewer: Viewer) -> None:
    url, body = f"{viewer.url}/api/annotations", json.dumps(one(key="foreign")).encode()
    assert post(url, body, {"content-type": "text/plain"}).status == 415
    assert post(url, body, {**JSON, "origin": "https://elsewhere.example"}).status == 403
    assert post(url, body, {**JSON, "host": "elsewhere.example"}).status == 421
    assert request("DELETE", url).status == 405
    assert not listed(viewer, "key=foreign")


def test_hostile_text_is_kept_as_it_is(viewer: Viewer) -> None:
    hostile = "'; DROP TABLE annotations; -- <script>\u202e\u0000"
    send(viewer, one(key="h", title=hostile, data={hostile: hostile}))
    [found] = listed(viewer, "key=h")
    assert (found["title"], found["data"]) == (hostile, {hostile: hostile})


def test_the_number_is_bounded_and_those_told_longest_ago_go_first(tmp_path: Path) -> None:
    viewer = Viewer(tmp_path)
    try:
        send(viewer, [one(key="kept"), one(key="first"), one(key="second")])
        for begin in range(0, MOST_ANNOTATIONS - 10, 99):
            send(viewer, [one(key=f"{begin + turn}") for turn in range(99)] + [one(key="kept")])
        assert len(listed(viewer, "data=no")) <= MOST_ANNOTATIONS
        assert listed(viewer, "key=kept")
        send(viewer, [one(key=f"more {turn}") for turn in range(100)])
        assert len(listed(viewer, "data=no")) == MOST_ANNOTATIONS
        assert listed(viewer, "key=kept")
        assert not listed(viewer, "key=first")
    finally:
        viewer.kill()


def test_what_is_loaded_takes_no_place_of_what_was_told_later(store: Store) -> None:
    for begin in range(0, MOST_ANNOTATIONS, 100):
        body = json.dumps([one(key=f"{begin + turn}") for turn in range(100)]).encode()
        store.put(partial(decode, body)).result(10)
    assert store.put(partial(of_a_file, [one(key="old", told=AT)], None)).result(10).items == 1
    assert store.read("SELECT count(*), sum(key = 'old') FROM annotations") == [(MOST_ANNOTATIONS, 0)]


def test_what_the_client_tells_is_listed_and_a_refusal_or_no_answer_is_no_error(viewer: Viewer) -> None:
    told = Annotation(AnnotationKind.FAULT, "c", AT, "x" * 900, data={"a": [1, "ü"]})
    assert tell(viewer.url, told)
    [found] = [known for known in going_on(viewer.url, AnnotationKind.FAULT) if known.key == "c"]
    assert (found.begin, found.data, len(found.title)) == (AT, {"a": [1, "ü"]}, 500)
    assert not tell(viewer.url, Annotation(AnnotationKind.RUN, "", AT, "no key"), told)
    assert tell(viewer.url)
    assert not tell("http://127.0.0.1:1", told)
    assert going_on("http://127.0.0.1:1", AnnotationKind.RUN) == []


def test_with_a_token_only_who_has_it_is_answered(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("s3cret\n")
    viewer = Viewer(tmp_path, "--tokens", str(tmp_path / "tokens"))
    try:
        url, body, bearer = f"{viewer.url}/api/annotations", json.dumps(one()).encode(), {"authorization": "Bearer s3cret"}
        assert (post(url, body, JSON).status, get(url).status) == (401, 401)
        assert post(url, body, JSON | bearer).status == 200
        assert len(request("GET", url, headers=bearer).json()["annotations"]) == 1
    finally:
        viewer.kill()
