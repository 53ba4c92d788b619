"""The spans of many traces at once: all of them, also where they were stored in different parts, and no others."""

import time

import pytest

from labctl.telemetry.otlp.decode import decode
from labctl.telemetry.query import trace_spans
from labctl.telemetry.query.trace_spans import NotRead, RootRow, TraceReader
from labctl.telemetry.store import rows
from labctl.telemetry.store.store import Store
from tests.unit.telemetry import requests

LATER = 60.0


def stored(store: Store, number: int, service: str = "svc") -> None:
    """One trace, or the same once more: its spans are known by their ids, start and content."""
    body = requests.traces(first=number, service=service, start=requests.NOW + number)
    store.put(lambda: decode("traces", body)).result(10)


def roots(store: Store) -> list[RootRow]:
    return [RootRow(*row) for row in store.read("SELECT rowid, trace_id FROM spans WHERE parent_id = x'' ORDER BY rowid")]


@pytest.fixture
def parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Every trace is in a part of its own."""
    monkeypatch.setattr(rows, "PART", 1)
    for number in range(1, 7):
        stored(store, number)
    assert store.read("SELECT count(DISTINCT part) FROM spans") == [(6,)]
    return store


def test_all_spans_of_the_wanted_traces_and_no_others(parts: Store) -> None:
    wanted = roots(parts)[1:4]
    page = TraceReader(parts).page(wanted, time.monotonic() + LATER)
    assert sorted(page.trace_ids) == sorted(one.trace_id.hex() for one in wanted for _ in range(2))
    assert [page.origins_table[one].name for one in page.origins].count("work") == 3
    assert {page.pairs[one] for pairs in page.attributes for one in pairs} == {("n", number) for number in (2, 3, 4)}
    assert page.parent_ids.count("") == 3


def test_spans_in_parts_of_the_minute_around_the_root_belong_to_it(parts: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    [root] = roots(parts)[2:3]
    late = requests.span_of(root.trace_id, b"late....")
    parts.put(lambda: decode("traces", late)).result(10)
    assert len(TraceReader(parts).page([root], time.monotonic() + LATER).trace_ids) == 3
    monkeypatch.setattr(trace_spans, "_AROUND_NS", -(10**18))
    assert TraceReader(parts).page([root], time.monotonic() + LATER).trace_ids == []


def test_a_root_that_is_gone_has_no_spans(parts: Store) -> None:
    assert TraceReader(parts).page([RootRow(10**9, bytes(16))], time.monotonic() + LATER).trace_ids == []


def test_no_time_and_too_large(parts: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotRead):
        TraceReader(parts).page(roots(parts), time.monotonic() - 1)
    monkeypatch.setattr(trace_spans, "MOST_BYTES", 10)
    with pytest.raises(NotRead):
        TraceReader(parts).page(roots(parts), time.monotonic() + LATER)
