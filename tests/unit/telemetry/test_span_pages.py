"""Spans in columns: every span once, page by page, in whole traces where they are thinned."""

import random
from collections import Counter
from typing import Any

import pytest

from labctl.host.http import get
from labctl.telemetry.store.rows import Rows
from labctl.telemetry.store.store import Store
from tests.unit.why.runs.made_up import RUN, bodies, pages, requests_of, run
from tests.viewer import Viewer


def all_ids(store: Store, **query: Any) -> list[tuple[str, str]]:
    return [pair for page in pages(store, RUN, **query) for pair in zip(page.trace_ids, page.span_ids, strict=True)]


def test_every_span_once_whatever_the_size_of_a_page(store: Store) -> None:
    requests_of(run(100), store)
    requests_of(run(50), store, "5eed0000000000bb")
    for limit in (7, 100, 499, 500, 501, 20_000):
        found = all_ids(store, limit=limit)
        assert len(found) == len(set(found)) == 500


def test_every_span_once_over_several_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rows, "_part", lambda self, rows: random.Random(self._left).randrange(1, 6))
    with store._reader() as _:
        pass
    store._connection.executemany("INSERT INTO parts VALUES(?, 0)", [(one,) for one in range(1, 6)])
    requests = requests_of(run(300), store)
    assert len(requests) == 300
    assert len(set(all_ids(store, limit=111))) == 1500


def test_a_share_is_of_whole_traces(store: Store) -> None:
    requests_of(run(2000), store)
    spans = Counter(trace_id for trace_id, _ in all_ids(store, share=0.25))
    assert set(spans.values()) == {5}
    assert 350 < len(spans) < 650


def test_what_is_told_of_a_span(store: Store) -> None:
    [page] = pages(store, RUN, limit=20_000) if requests_of(run(1), store) else []
    place = [page.origins_table[one].name for one in page.origins].index("model_inference")
    origin = page.origins_table[page.origins[place]]
    assert (origin.service, origin.kind, origin.resource["k8s.pod.name"][:8]) == ("service", "internal", "service-")
    assert {page.pairs[one][0] for one in page.attributes[place]} == {"model.input.rows", "model.input.max"}
    assert page.parent_ids[place] in page.span_ids
    assert 80e6 <= page.durations[place] <= 120e6


def test_over_http(viewer: Viewer) -> None:
    for body in bodies(run(20)):
        assert viewer.send(body).status == 200
    answer = get(f"{viewer.url}/api/spans?run={RUN}&limit=60").json()
    assert (len(answer["starts"]), bool(answer["after"])) == (60, True)
    rest = get(f"{viewer.url}/api/spans?run={RUN}&limit=60&after={answer['after']}").json()
    assert (len(rest["starts"]), rest["after"]) == (40, None)
    assert get(f"{viewer.url}/api/spans?since=4000000000").json()["starts"] == []
    for wrong in ("run=xyz", "after=1", "share=2", "since=-1", "limit=0"):
        assert get(f"{viewer.url}/api/spans?{wrong}").status == 400
