"""Files that are brought to a viewer in pieces, or given to it at its start: what was loaded, what was refused, and why."""

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labctl.host.http import Answer, get, post, request
from tests.unit.telemetry import requests
from tests.unit.telemetry.files import everything
from tests.unit.telemetry.files.test_out_and_in import export, stored
from tests.unit.telemetry.files.test_reading import otlp, zipped
from tests.viewer import JSON, Viewer

BYTES = {"content-type": "application/octet-stream"}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    started = Viewer(tmp_path_factory.mktemp("full"))
    started.send(everything.traces().SerializeToString())
    started.send(everything.logs().SerializeToString(), signal_="logs")
    started.send(requests.counter(5), signal_="metrics")
    yield started
    started.kill()


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    started = Viewer(tmp_path_factory.mktemp("target"), "--max-age", "3600")
    yield started
    started.kill()


def send(viewer: Viewer, path: str, body: bytes = b"", headers: dict[str, str] = BYTES) -> Answer:
    return request("POST", f"{viewer.url}/api/page/files{path}", body, headers, timeout_s=20)


def upload(viewer: Viewer, name: str, content: bytes, piece: int = 100_000) -> dict[str, Any]:
    begun = send(viewer, f"?name={name}&size={len(content)}")
    assert begun.status == 201, begun.body
    for at in range(0, len(content), piece):
        taken = send(viewer, f"/{begun.json()['id']}?at={at}", content[at:at + piece])
        assert (taken.status, taken.json()) == (200, {"received": min(at + piece, len(content))})
    while (found := get(f"{viewer.url}/api/page/files", timeout_s=20).json()["files"][-1])["state"] == "reading":
        time.sleep(0.01)
    assert (found["id"], found["name"], found["received"]) == (begun.json()["id"], name, len(content))
    return dict(found)


def test_a_run_goes_from_one_store_to_another_and_back_without_a_second_row(full: Viewer, target: Viewer) -> None:
    before, archive = stored(full), export(full, "begin=0&form=zip")
    found = upload(target, "run.zip", archive, piece=1000)
    counts = {name: found[name] for name in ("state", "spans", "log_records", "data_points", "known", "refused", "trace")}
    records = len(everything.VALUES) + 1
    assert counts == {"state": "done", "spans": 4, "log_records": records, "data_points": 1, "known": 0, "refused": {},
                      "trace": everything.TRACE.hex()}
    assert stored(target) == before
    again = upload(full, "run.zip", archive)
    assert (again["spans"], again["known"], again["trace"]) == (0, 4 + records + 1, everything.TRACE.hex())
    assert stored(full) == before


def test_what_is_stored_in_another_encoding_is_known(target: Viewer) -> None:
    span = otlp()
    span["resourceSpans"][0]["scopeSpans"][0]["spans"][0] |= {"startTimeUnixNano": "1700000000000000000"}
    from labctl.telemetry.otlp.json_format.requests import request_of

    encoded, _ = request_of("traces", json.dumps(span).encode())
    encoded.groups[0].scopes[0].items[0] += b"\x22\x00"          # an empty parent id, as the collector writes it
    assert target.send(encoded.SerializeToString()).status == 200
    found = upload(target, "a.json", json.dumps(span).encode())
    assert (found["spans"], found["known"]) == (0, 1)


def test_old_telemetry_is_kept_as_long_as_what_comes_now(target: Viewer) -> None:
    old = requests.traces(first=77, start=10**18)                # of 2001
    target.send(old)
    body = export(target, "begin=0&end=1500000000000")
    found = upload(target, "old.json.gz", gzip.compress(body.replace(b"0000004d", b"0000004e")))
    assert (found["spans"], found["begin"]) == (2, 1e9)
    time.sleep(2.5)                                              # the store looks for what is too old every two seconds
    assert len(target.trace((0x4E).to_bytes(16, "big"))["spans"]) == 2


@pytest.mark.parametrize(("content", "error"), [
    (b"hello", "it is not JSON"), (b'{"a": 1}', "neither OTLP JSON"),
    (gzip.compress(json.dumps(otlp(50)).encode())[:-4], "ends early"), (zipped({"a.txt": b""}), "no file in it"),
], ids=["text", "other JSON", "cut off", "no JSON in it"])
def test_what_cannot_be_read_says_why(target: Viewer, content: bytes, error: str) -> None:
    found = upload(target, "a", content)
    assert (found["state"], error in found["error"]) == ("failed", True)


def test_refused_items_are_counted(target: Viewer) -> None:
    whole = otlp(2)
    whole["resourceSpans"][0]["scopeSpans"][0]["spans"][1] = {"traceId": "xyz"}
    found = upload(target, "a.json", json.dumps(whole).encode())
    assert (found["state"], found["spans"] + found["known"] - 1, sum(found["refused"].values())) == ("done", 0, 1)


def test_the_figures_of_a_run_come_with_it(target: Viewer) -> None:
    told = {"annotations": [{"kind": "fault", "key": "f", "begin": 1, "end": 2, "title": "t", "data": {}}, {"kind": "none"}]}
    files = {"x/annotations.json": told, "summary.json": [], "t.jsonl": otlp()}
    found = upload(target, "a.zip", zipped({name: json.dumps(value).encode() for name, value in files.items()}))
    assert (found["annotations"], sum(found["refused"].values())) == (1, 2)
    assert get(f"{target.url}/api/annotations?kind=fault").json()["annotations"][0]["title"] == "t"


def annotated(target: Viewer, *told: dict[str, Any]) -> dict[str, Any]:
    spans = otlp()
    times = {"startTimeUnixNano": "150000000000", "endTimeUnixNano": "160000000000"}
    spans["resourceSpans"][0]["scopeSpans"][0]["spans"][0] |= times
    files = {"t.jsonl": json.dumps(spans).encode(), "annotations.json": json.dumps({"annotations": told}).encode()}
    return upload(target, "a.zip", zipped(files))


def fault(key: str, **changes: Any) -> dict[str, Any]:
    return {"kind": "fault", "key": key, "begin": 100.0, "end": None, "told": 100.0, "title": key, "data": {}, **changes}


def listed(target: Viewer, key: str) -> dict[str, Any]:
    [found] = get(f"{target.url}/api/annotations?key={key}").json()["annotations"]
    return dict(found)


def test_however_much_is_told_of_a_run_it_is_loaded(target: Viewer) -> None:
    many = [fault(f"many {number}", data={"a": "ü" * 120_000}) for number in range(20)]
    found = annotated(target, *many, fault("large", data={"a": "x" * 5_000_000}))
    assert (found["state"], found["annotations"], sum(found["refused"].values())) == ("done", 20, 1)


def test_what_a_file_tells_is_of_then(target: Viewer) -> None:
    annotated(target, fault("then"), {**fault("run then", told=130.0), "kind": "run"})
    assert (listed(target, "then")["end"], listed(target, "then")["told"]) == (160.0, 100.0)
    assert listed(target, "run%20then")["end"] == 130.0
    assert "then" not in {one["title"] for one in get(f"{target.url}/api/page/told").json()["faults"]}


def test_what_a_lab_has_told_later_stays(target: Viewer) -> None:
    assert post(f"{target.url}/api/annotations", json.dumps(fault("own")).encode(), JSON).status == 200
    found = annotated(target, fault("own", title="of a file"), fault("other", title="early"))
    assert (listed(target, "own")["title"], listed(target, "own")["end"]) == ("own", None)
    assert (found["annotations"], listed(target, "other")["title"]) == (1, "early")
    annotated(target, fault("other", title="late", told=101.0))
    assert listed(target, "other")["title"] == "late"


def test_only_the_page_of_this_viewer_can_upload_and_only_what_it_said(target: Viewer) -> None:
    assert send(target, "?size=10", headers=BYTES | {"origin": "http://evil.example"}).status == 403
    assert send(target, "?size=10", headers=JSON).status == 415
    assert send(target, f"?size={(256 << 20) + 1}").status == 413
    assert send(target, "?name=a").status == 400
    assert send(target, "/999?at=0", b"x").status == 404
    number = send(target, "?name=a&size=3").json()["id"]
    assert send(target, "?name=b&size=3").status == 409
    for at, body, status in ((1, b"x", 409), (0, b"xxxx", 400), (0, b"", 400), (0, b"{", 200)):
        assert send(target, f"/{number}?at={at}", body).status == status
    assert send(target, f"/{number}?at=1", b"}\n").json() == {"received": 3}


def test_every_file_of_the_command_is_told_of_however_many_there_are(tmp_path: Path) -> None:
    from labctl.saved.view import shown

    files = [tmp_path / f"{number}.json" for number in range(25)]
    for file in files:
        file.write_text(json.dumps(otlp()))
    with shown(files, lambda _name, _share: None) as found:
        assert len(found.files) == len(files)


def test_a_viewer_for_files_ends_with_who_has_started_it(tmp_path: Path) -> None:
    from labctl.saved.view import shown

    file = tmp_path / "a.json"
    file.write_text(json.dumps(otlp()))
    with shown([file, file], lambda _name, _share: None) as found:
        assert [(one.spans, one.trace) for one in found.files] == [(1, "ab" * 16), (0, "ab" * 16)]
        url, _, fragment = found.address.partition("/#/")
        assert fragment == f"trace/{'ab' * 16}"
        assert get(f"{url}/health").status == 200
        at = get(f"{url}/api/page/now").json()["store"]
    assert at["bytes"] > 0
    with pytest.raises(Exception, match="does not answer"):
        get(f"{url}/health")
