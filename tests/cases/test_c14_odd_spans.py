"""C14, C15, C19: whatever a span says, its trace has a picture, and that is JSON."""

import struct
from typing import Any

import pytest

from labctl.telemetry.span_tree import Place, SpanTree
from labctl.viewer_client.client import ViewerClient
from tests.cases import otlp
from tests.viewer import Viewer


@pytest.mark.parametrize("kind", otlp.odd_spans())
def test_an_odd_span_is_shown(shared_viewer: Viewer, kind: str) -> None:
    encoded = otlp.odd_spans()[kind]
    assert shared_viewer.send(otlp.request(encoded)).body == b""
    [span] = shared_viewer.trace(otlp.trace_of(encoded))["spans"]
    shown = {"name not UTF-8": ("name", "\ufffd\ufffd bad"), "status 3": ("status", "unknown"), "status 9": ("status", "unknown"),
             "status -1": ("status", "unknown"), "kind -1": ("kind", "unknown"), "kind 77": ("kind", "unknown"),
             "attribute key not UTF-8": ("attributes", {"\ufffd\ufffd bad": "v"}),
             "attribute value not UTF-8": ("attributes", {"k": "\ufffd\ufffd bad"}),
             "nested 120 deep": ("attributes", {"deep": "\ufffd", "k": "v"}),
             "attribute that is no message": ("attributes", {"\ufffd": "\ufffd", "k": "v"}),
             "ends before it starts": ("duration_ms", 0.0)}
    if kind in shown:
        name, value = shown[kind]
        assert span[name] == value


@pytest.mark.parametrize(("number", "word"), [(float("nan"), "NaN"), (float("inf"), "Infinity"), (float("-inf"), "-Infinity")])
def test_a_number_that_json_lacks(shared_viewer: Viewer, number: float, word: str) -> None:
    double = otlp.varint(4 << 3 | 1) + struct.pack("<d", number)
    listed = otlp.field(5, otlp.field(1, double))
    encoded = otlp.span(otlp.trace_id(), otlp.span_id(), attributes=(otlp.attribute(b"n", double), otlp.attribute(b"l", listed)))
    shared_viewer.send(otlp.request(encoded))
    [span] = shared_viewer.trace(otlp.trace_of(encoded))["spans"]
    assert span["attributes"] == {"n": word, "l": [word]}


def test_every_type_of_value(shared_viewer: Viewer) -> None:
    values: dict[bytes, tuple[bytes, Any]] = {
        b"text": (otlp.text(b"x"), "x"), b"yes": (otlp.integer(2, 1), True), b"int": (otlp.integer(3, -(2**63)), -(2**63)),
        b"double": (otlp.varint(4 << 3 | 1) + struct.pack("<d", 0.5), 0.5),
        b"list": (otlp.field(5, otlp.field(1, otlp.text(b"y"))), ["y"]),
        b"map": (otlp.field(6, otlp.field(1, otlp.attribute(b"z", otlp.integer(3, 1)))), {"z": 1}),
        b"bytes": (otlp.field(7, b"\x00\xff"), "00ff"), b"nothing": (b"", None),
    }
    attributes = tuple(otlp.attribute(key, encoded) for key, (encoded, _) in values.items())
    encoded = otlp.span(otlp.trace_id(), otlp.span_id(), attributes=attributes)
    shared_viewer.send(otlp.request(encoded))
    [span] = shared_viewer.trace(otlp.trace_of(encoded))["spans"]
    assert span["attributes"] == {key.decode(): value for key, (_, value) in values.items()}


def test_a_service_name_that_is_not_utf8_is_shown(shared_viewer: Viewer) -> None:
    encoded = otlp.span(otlp.trace_id(), otlp.span_id())
    assert shared_viewer.send(otlp.request(encoded, service=otlp.NOT_UTF8)).status == 200
    assert shared_viewer.trace(otlp.trace_of(encoded))["spans"][0]["service"] == "\ufffd\ufffd bad"


A, B, C, D = (bytes([n] * 8) for n in (0xA, 0xB, 0xC, 0xD))


@pytest.mark.parametrize(("parents", "places", "complete"), [
    ({A: bytes(8), B: A}, ["root", "child"], True),
    ({A: b"", B: b""}, ["root", "root"], False),
    ({A: D}, ["orphan"], False),
    ({A: A}, ["own parent"], False),
    ({A: b"", B: C, C: B}, ["root", "circle", "child"], False),
    ({B: C, C: B}, ["circle", "child"], False),
    ({B: C, C: D, D: C}, ["circle", "child", "child"], False),
    ({A: b"", B: A, C: A, D: B}, ["root", "child", "child", "child"], True),
], ids=["zero parent", "two roots", "orphan", "own parent", "root and circle", "circle", "circle of three", "tree"])
def test_every_shape_is_said_as_it_is(
    shared_viewer: Viewer, parents: dict[bytes, bytes], places: list[str], complete: bool,
) -> None:
    trace = otlp.trace_id()
    shared_viewer.send(otlp.request(*(otlp.span(trace, own, parent=parent) for own, parent in parents.items())))
    client = ViewerClient(shared_viewer.url)
    found = client.trace(trace.hex())
    assert found
    tree = SpanTree(found.spans)
    assert sorted(node.place.value for node in tree.nodes) == sorted(places)
    assert tree.nodes[0].place is not Place.CHILD
    assert (found.complete, tree.complete) == (complete, complete)
    assert len({id(node) for node in tree.nodes}) == len(parents)
    assert [one["trace_id"] for one in client.traces(run=trace.hex()[:8], limit=10)] == [trace.hex()]
    for sort in ("slowest", "recent"):
        assert [one["trace_id"] for one in client.traces(sort=sort, limit=10)].count(trace.hex()) <= 1
