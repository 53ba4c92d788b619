"""The columns of a heatmap that are kept are those that the store would give now."""

import random
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from labctl.telemetry.otlp.decode import decode
from labctl.telemetry.page import roots, search
from labctl.telemetry.store import kept_answers
from labctl.telemetry.store.retention import RetentionLimits
from labctl.telemetry.store.store import Store
from tests.unit.telemetry import requests

MS, BEGIN, WIDTH = 10**6, 1_700_000_000_000, 1000
TIMES = roots.Times(BEGIN, BEGIN + 20 * WIDTH, WIDTH)


def put(store: Store, number: int, at_ms: int, service: str = "svc") -> None:
    body = requests.traces(first=number, start=(BEGIN + at_ms) * MS, duration_ms=number % 50 + 1, service=service)
    store.put(lambda: decode("traces", body)).result(10)


def heatmap(store: Store, query: str = "", times: roots.Times = TIMES) -> Any:
    return roots.heatmap(store, times, search.of_roots(query, store))["columns"]


def counts(store: Store, query: str = "") -> list[int]:
    return [column["count"] if column else 0 for column in heatmap(store, query)]


def test_what_is_asked_again_is_not_read_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        put(store, number + 1, number * WIDTH)
    first, read = heatmap(store), list[int]()
    column = roots._column
    monkeypatch.setattr(roots, "_column", lambda store, begin, *rest: read.append(begin) or column(store, begin, *rest))
    assert heatmap(store) == first
    assert read == []
    put(store, 100, 7 * WIDTH)
    assert [column["count"] for column in heatmap(store)] == [2 if number == 7 else 1 for number in range(20)]
    assert read == [(BEGIN + 7 * WIDTH) * MS]


def test_another_query_and_another_width_are_other_answers(store: Store) -> None:
    for number in range(20):
        put(store, number + 1, number * WIDTH, "even" if number % 2 == 0 else "odd")
    assert counts(store) == [1] * 20
    assert counts(store, "service=even") == [1, 0] * 10
    assert counts(store, "service=odd") == [0, 1] * 10
    assert [column["count"] for column in heatmap(store, "", roots.Times(BEGIN, BEGIN + 20 * WIDTH, 10 * WIDTH))] == [10, 10]
    put(store, 50, 3 * WIDTH, "even")           # a service that is known since
    assert counts(store, "service=even") == [1, 0, 1, 1, *[1, 0] * 8]


@pytest.mark.parametrize("seed", range(5))
def test_after_any_sequence_it_is_what_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Late requests, deletions by size, queries in between."""
    monkeypatch.setattr("labctl.telemetry.store.rows.PART", 40)
    chance = random.Random(seed)
    with closing(Store(tmp_path / "viewer.db", RetentionLimits(250_000, 86400))) as store:
        for number in range(400):
            put(store, number + 1, chance.randrange(20 * WIDTH), chance.choice(("svc", "other")))
            if number % 50 == 0:
                heatmap(store)
                store._tidied = 0.0
            elif number % 10 == 0:
                query = chance.choice(("", "service=other", "duration>20ms"))
                kept = heatmap(store, query)
                store.kept_answers.forget()
                assert kept == heatmap(store, query), number
        assert 0 < store.read("SELECT count(*) FROM spans WHERE parent_id = x''")[0][0] < 400


def test_what_was_deleted_is_not_shown(store: Store) -> None:
    put(store, 1, 0)
    assert sum(counts(store)) == 1
    store.bounds = RetentionLimits(1, 86400)
    deadline = time.monotonic() + 20
    while sum(counts(store)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_a_new_file_does_not_have_is_not_shown(store: Store) -> None:
    put(store, 1, 0)
    assert sum(counts(store)) == 1
    store._begin_anew(OSError("damaged"))
    assert sum(counts(store)) == 0


def test_what_is_stored_while_it_is_read_is_in_the_next_answer(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stored after the column was read, and before it is kept."""
    put(store, 1, 0)
    column = roots._column

    def slow(store: Store, begin: int, *rest: Any) -> Any:
        found = column(store, begin, *rest)
        if begin == BEGIN * MS:
            monkeypatch.setattr(roots, "_column", column)
            writer = threading.Thread(target=put, args=(store, 2, 1))
            writer.start()
            writer.join()
        return found

    monkeypatch.setattr(roots, "_column", slow)
    assert sum(counts(store)) == 1
    assert sum(counts(store)) == 2


def test_a_limited_number_is_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_answers, "MOST", 30)
    for query in ("", "service=svc", "duration>20ms"):
        heatmap(store, query)
    assert len(store.kept_answers._answers) <= 30
