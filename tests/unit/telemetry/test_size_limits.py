"""How much a request may consist of, so that few bytes do not become many once they are decoded; what a refused one leaves."""

import gc
import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from weakref import ref

import pytest

from labctl.telemetry.http.body import SMALL, Budget, inflated, sliced
from labctl.telemetry.http.messages import HTTPProblem
from labctl.telemetry.otlp import size_limits
from labctl.telemetry.otlp.batch import Batch, Malformed
from labctl.telemetry.otlp.decode import decode
from labctl.telemetry.otlp.json_format.requests import request_of
from labctl.telemetry.otlp.size_limits import MOST_GROUPS, MOST_ITEM_BYTES, MOST_JSON_VALUES, MOST_PARTS, MOST_SPAN_BYTES
from labctl.telemetry.store.retention import RetentionLimits
from labctl.telemetry.store.store import Store
from tests.cases import otlp
from tests.unit.telemetry import requests

EMPTY = otlp.field(2, b"")


def in_one_scope(items: bytes) -> bytes:
    return otlp.field(1, otlp.field(2, items))


def points(count: int) -> bytes:
    one = otlp.field(1, b"\x21" + bytes(8))
    return in_one_scope(otlp.field(2, otlp.field(1, b"m") + otlp.field(5, one * count)))


@pytest.mark.parametrize(("signal", "body"), [
    ("traces", in_one_scope(EMPTY * (4 * MOST_PARTS))), ("logs", in_one_scope(EMPTY * (4 * MOST_PARTS))),
    ("traces", otlp.field(1, b"") * (4 * MOST_PARTS)), ("traces", otlp.field(1, b"") * (MOST_GROUPS + 1)),
    ("traces", otlp.field(1, otlp.field(2, b"") * (MOST_GROUPS + 1))), ("metrics", points(MOST_PARTS + 1)),
    ("traces", otlp.field(1, otlp.field(1, bytes(size_limits.MOST_RESOURCE_BYTES + 1)))),
])
def test_a_request_has_so_many_parts(signal: str, body: bytes) -> None:
    with pytest.raises(Malformed, match="at most"):
        decode(signal, body)


@pytest.mark.parametrize("end", [b"\x0a", b"\x0a\xff\xff\xff\x7f", b"\x0b\x0c", b"\x80" * 12, b"\xff"])
def test_what_is_no_protobuf_is_refused_before_it_is_decoded(end: bytes) -> None:
    good = requests.traces()
    with pytest.raises(Malformed, match="decoded"):
        size_limits.check(good * (size_limits.SMALL // len(good) + 1) + end)


def test_a_large_request_of_good_spans_is_taken() -> None:
    spans = [otlp.span(otlp.trace_id(), otlp.span_id(), attributes=(otlp.attribute(b"k", b"v" * 200),)) for _ in range(5000)]
    body = otlp.request(*spans)
    assert len(body) > size_limits.SMALL
    assert decode("traces", body).items == 5000


@pytest.mark.parametrize(("signal", "item"), [
    ("traces", otlp.field(5, bytes(MOST_SPAN_BYTES))), ("logs", otlp.field(5, otlp.field(7, bytes(MOST_ITEM_BYTES)))),
    ("metrics", otlp.field(1, b"m") + otlp.field(5, otlp.field(1, otlp.field(7, bytes(MOST_ITEM_BYTES))))),
])
def test_an_item_that_is_too_large_is_refused_by_itself(signal: str, item: bytes) -> None:
    [(reason, count)] = decode(signal, in_one_scope(otlp.field(2, item))).refused.items()
    assert "of more than" in reason
    assert count == 1


@pytest.mark.parametrize("groups", [b"{}," * MOST_JSON_VALUES, b"{}," * (MOST_GROUPS + 1)])
def test_json_has_so_many_values(groups: bytes) -> None:
    with pytest.raises(Malformed, match="at most"):
        request_of("traces", b'{"resourceSpans":[' + groups + b"{}]}")


def test_a_bomb_is_refused_after_its_first_mebibyte() -> None:
    with Budget().share() as share, pytest.raises(HTTPProblem, match="times its size"):
        inflated(sliced(gzip.compress(bytes(64 << 20), 9)), share)
    assert share.size <= SMALL


def test_a_body_that_compresses_well_is_taken() -> None:
    body = b"".join(zlib.crc32(bytes([n % 256])).to_bytes(4, "big") * 20 for n in range(50_000))
    with Budget().share() as share:
        assert inflated(sliced(gzip.compress(body)), share) == body


def a_refused(kept: list["ref[Callable[[], Batch]]"]) -> Callable[[], Batch]:
    def decoded() -> Batch:
        return decode("traces", b"\xff")

    kept.append(ref(decoded))
    return decoded


def test_a_refused_request_is_not_held(tmp_path: Path) -> None:
    """The frames of its exception would hold it until a garbage collection, of which a viewer has few."""
    store, kept = Store(tmp_path / "v.db", RetentionLimits(1 << 30, 86400)), list["ref[Callable[[], Batch]]"]()
    gc.disable()
    try:
        with pytest.raises(Malformed):
            store.put(a_refused(kept)).result(10)
        store.put(lambda: Batch("traces", [], {})).result(10)           # the writer has gone on
        assert kept[0]() is None
    finally:
        gc.enable()
        store.close()
