"""The columns of a waterfall: whether they are read side by side or together, they are the same."""

import json
from typing import Any

import pytest

from labctl.telemetry.http.messages import HTTPProblem
from labctl.telemetry.otlp.decode import decode
from labctl.telemetry.page import waterfall
from labctl.telemetry.store.store import Store
from tests.page import signals

LISTS = ("starts", "durations", "errors", "names", "resources")


def test_a_large_trace_is_that_of_one_query(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(lambda: decode("traces", signals.trace())).result(10)
    together = json.loads(waterfall.waterfall(store, signals.TRACE))
    monkeypatch.setattr(waterfall, "LARGE", 0)
    assert json.loads(waterfall.waterfall(store, signals.TRACE)) == together
    assert len({len(together[name]) for name in LISTS} | {len(together["span_ids"]) // 16}) == 1


def test_spans_that_arrive_between_the_two_queries_leave_columns_of_one_length(
    store: Store, monkeypatch: pytest.MonkeyPatch,
) -> None:
    store.put(lambda: decode("traces", signals.trace())).result(10)
    together, read = json.loads(waterfall.waterfall(store, signals.TRACE)), store.read

    def earlier(query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        if waterfall._TEXTS in query and waterfall._SAME in query:
            return [('["the only one then"]', "ab" * 8, "00" * 8, 1, 1.0)]
        return read(query, values)

    monkeypatch.setattr(waterfall, "LARGE", 0)
    monkeypatch.setattr(store, "read", earlier)
    assert json.loads(waterfall.waterfall(store, signals.TRACE)) == together


@pytest.mark.parametrize("large", [0, waterfall.LARGE])
def test_a_trace_that_is_deleted_while_it_is_read_is_not_there(store: Store, monkeypatch: pytest.MonkeyPatch, large: int) -> None:
    store.put(lambda: decode("traces", signals.trace())).result(10)
    read = store.read

    def later(query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        return read(query, values if "min(start)" in query else (*values[:-1], b"deleted"))

    monkeypatch.setattr(waterfall, "LARGE", large)
    monkeypatch.setattr(store, "read", later)
    with pytest.raises(HTTPProblem, match="no such trace"):
        waterfall.waterfall(store, signals.TRACE)
