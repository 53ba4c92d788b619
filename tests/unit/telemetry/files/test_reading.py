"""JSON of any size and from anybody is read as small requests; what cannot be read says why, and takes little memory."""

import gzip
import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from labctl.telemetry.files.reading import json_cursor, requests
from labctl.telemetry.files.reading.requests import FileText
from labctl.telemetry.files.reading.sources import sources
from labctl.telemetry.files.reading.unreadable import Unreadable

SPAN = {
    "traceId": "ab" * 16, "spanId": "cd" * 8, "name": 'a "b" \\ ]}', "attributes": [{"key": "k", "value": {"stringValue": "{["}}],
}


def otlp(count: int = 1, name: str = "svc") -> dict[str, Any]:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": name}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "s"}, "spans": [SPAN] * count}]}]}


def read(text: bytes | str) -> tuple[list[Any], dict[str, int]]:
    found = FileText(io.BytesIO(text if isinstance(text, bytes) else text.encode()).read)
    return list(found.requests()), dict(found.refused)


def none(requests: list[Any]) -> None:
    """An empty file is no error before it is known to be the only one."""
    if not requests:
        raise Unreadable("nothing")


def spans(requests: list[Any]) -> int:
    return sum(len(scope["spans"]) for _, groups in requests for group in groups for scope in group["scopeSpans"])


@pytest.mark.parametrize("written", [
    json.dumps, lambda one: json.dumps(one, indent=2), lambda one: f"\ufeff{json.dumps(one)}\n",
    lambda one: json.dumps([one]), lambda one: f" \r\n{json.dumps({**one, 'unknown': {'a': [1, None]}})}\r\n",
    lambda one: json.dumps({"trace": one}), lambda one: json.dumps({"batches": one["resourceSpans"]}),
    lambda one: json.dumps({"batches": [{
        "instrumentationLibrarySpans": [{"instrumentationLibrary": {"name": "s"}, "spans": [SPAN]}], **one["resourceSpans"][0],
    }]}).replace('"scopeSpans"', '"others"'),
])
def test_whatever_is_around_it(written: Callable[[Any], str]) -> None:
    found, refused = read(written(otlp()))
    assert refused == {}
    [(signal, [group])] = found
    assert (signal, group["scopeSpans"][0]["scope"]["name"], group["scopeSpans"][0]["spans"]) == ("traces", "s", [SPAN])


def test_one_line_that_is_no_request_is_refused_alone() -> None:
    lines = [json.dumps(otlp()), '{"resourceSpans": [}', "{}", '{"resource_spans": []}', "[" * 20 + "]" * 20, json.dumps(otlp())]
    found, refused = read("\n".join(lines))
    assert spans(found) == 2
    assert refused == {
        "a line that is not JSON": 1, "neither OTLP JSON nor a trace from Tempo or Jaeger": 2,
        "its keys are in snake_case (resource_spans); OTLP JSON has camelCase (resourceSpans)": 1,
    }


def test_the_last_line_may_be_cut_off() -> None:
    found, refused = read(f"{json.dumps(otlp())}\n{json.dumps(otlp())[:-30]}")
    assert (spans(found), refused) == (1, {"incomplete last line": 1})


@pytest.mark.parametrize("rest", [3, 3000])
def test_a_line_in_the_middle_that_is_cut_off_is_refused_alone(monkeypatch: pytest.MonkeyPatch, rest: int) -> None:
    monkeypatch.setattr(json_cursor, "MOST_BYTES", 100_000)
    whole = json.dumps(otlp())
    found, refused = read("\n".join([whole, whole[:-30], *[whole] * rest]))
    assert (spans(found), refused) == (1 + rest, {"a line that is not JSON": 1})


@pytest.mark.parametrize("small", [400, 4000])
def test_a_large_object_is_read_as_small_ones(monkeypatch: pytest.MonkeyPatch, small: int) -> None:
    for name in ("MOST_BYTES", "PIECE"):
        monkeypatch.setattr(json_cursor, name, small)
    monkeypatch.setattr(requests, "_TOGETHER_BYTES", 2000)
    monkeypatch.setattr(json_cursor.JsonCursor.small, "__defaults__", (small,))
    value = {"more": {"x": ["y" * 300] * 100}, **otlp(100), "resourceLogs": []}
    value["resourceSpans"][0]["scopeSpans"][0]["spans"][50] = {**SPAN, "events": [{}] * small}
    found, refused = read(json.dumps(value, indent=1))
    assert (spans(found), refused) == (99, {"an item of more than 4 MiB": 1})
    for _, [group] in found:
        assert group["resource"]["attributes"][0]["value"] == {"stringValue": "svc"}
        assert group["scopeSpans"][0]["scope"] == {"name": "s"}


@pytest.mark.parametrize("text", [b'{"a":', b'{"a": "b\n', b"[1, 2", b'{"a": [{"b": 1}, '])
def test_where_a_text_ends_too_early_is_its_end(text: bytes) -> None:
    with pytest.raises(Unreadable, match=f"not JSON at byte {len(text)}: unexpected end of file"):
        read(text)


@pytest.mark.parametrize("text", [
    b"", b"\x0a\x90\x01\x0a", b"<html>", b"{", b'{"resourceSpans"', b'{"resourceSpans": [', b"[1, 2", b'"', b"{]", b'{"a" "b"}',
    b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"x": "', b"\xff\xfe{\x00", b'{"a": 1}', b"[[[[[[[[[[", b"nan",
])
def test_what_is_no_telemetry_says_so(text: bytes) -> None:
    with pytest.raises(Unreadable):
        none(read(text)[0])


def test_deep_nesting_is_refused() -> None:
    deep = '{"resourceSpans":' + '[{"a":' * 5000 + "1" + "}]" * 5000 + "}"
    found, refused = read(f"{json.dumps(otlp())}\n{deep}\n{json.dumps(otlp())}")
    assert (spans(found), sum(refused.values())) == (2, 1)


@pytest.mark.parametrize("endless", [
    b'{"resourceSpans":"' + b"x" * 65536, b"[" * 65536, b'{"a":' * 13000, b" " * 65536,
    b'{"resourceSpans":[{"resource":{"a":"' + b"x" * 65536,
    b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"' + b"x" * 65536, b"1" * 65536,
])
def test_a_line_without_an_end_takes_little_memory(endless: bytes) -> None:
    left = [64 << 20]

    def more(size: int) -> bytes:
        left[0] -= size
        return (endless * (size // len(endless) + 1))[:size] if left[0] > 0 else b""

    tracemalloc.start()
    try:
        with pytest.raises(Unreadable):
            none(list(FileText(more).requests()))
        assert tracemalloc.get_traced_memory()[1] < 40 << 20
    finally:
        tracemalloc.stop()


def texts(content: bytes) -> dict[str, bytes]:
    return {source.name: b"".join(iter(partial(source.read, 1 << 16), b"")) for source in sources(io.BytesIO(content), "f")}


def zipped(files: dict[str, bytes], **more: Any) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text, **more)
    return sink.getvalue()


def test_archives_and_what_is_packed() -> None:
    text = json.dumps(otlp()).encode()
    assert texts(text) == texts(gzip.compress(text)) == {"f": text}
    assert texts(gzip.compress(text) + gzip.compress(b"\n" + text)) == {"f": text + b"\n" + text}
    files = {"../../etc/passwd.json": text, "/a/b.JSONL": text, "c.json.gz": gzip.compress(text), "d.txt": b"", "e.zip": b"PK"}
    assert texts(zipped(files)) == dict.fromkeys(("../../etc/passwd.json", "/a/b.JSONL", "c.json.gz"), text)


def _encrypted() -> bytes:
    found = bytearray(zipped({"a.json": b"{}"}))
    found[6] |= 1
    found[found.index(b"PK\x01\x02") + 8] |= 1
    return bytes(found)


BROKEN = {
    "empty": (b"", "it is empty"),
    "gzip cut off": (gzip.compress(b"x" * 1000)[:-9], "it ends early"),
    "no gzip": (b"\x1f\x8b" + bytes(50), "cannot be decompressed"),
    "zstd": (b"\x28\xb5\x2f\xfd1234", "compressed with zstd"),
    "zip cut off": (b"PK\x03\x04" + bytes(100), "its end is missing"),
    "zip without JSON": (zipped({"a.txt": b""}), "no file in it ends with"),
    "many files": (zipped({f"{n}.json": b"" for n in range(1001)}), "at most 1000 files"),
    "damaged": (zipped({"a.json": b"{}" * 500})[:40] + zipped({"a.json": b"{}" * 500})[44:], "cannot be"),
    "encrypted": (_encrypted(), "encrypted"),
    "gzip bomb": (gzip.compress(bytes(70 << 20)), "more than 250 times its size"),
    "zip bomb": (zipped({"a.json": bytes(70 << 20)}), "more than 250 times its size"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_cannot_be_unpacked(what: str) -> None:
    content, why = BROKEN[what]
    with pytest.raises(Unreadable, match=why):
        texts(content)
