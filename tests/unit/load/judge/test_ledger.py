"""What is missing has the name of the hop that lost it."""

from dataclasses import replace
from typing import Any

import pytest

from labctl.load.judge import ledger
from labctl.load.judge.ledger import Loss, SdkCount
from labctl.load.measure.summary import Distribution, Summary

RUN = Summary(
    run_id="ab" * 8, url="http://127.0.0.1:9002/predict", concurrency=1, planned=10, sent=10, successful=10, failed=0,
    unfinished=0, dropped=0, errors={}, statuses={200: 10}, by_route={"POST /predict": {200: 10}},
    duration_s=1, rate=10, target_rate=None, latency=Distribution(), service_time=Distribution(),
    histogram=(), slowest=(), interrupted=False, spans_made=10, spans_acked=10,
)


class Viewer:
    """Answers with what it was given, as a viewer does that has seen all it will ever see."""

    def __init__(self, client: int, service: int, dropped: float = 0) -> None:
        self.client, self.service, self.dropped = client, service, dropped

    def run_counts(self, _: str) -> dict[str, Any]:
        groups = [{"service": "labctl", "spans": self.client}, {"service": "ai-inference-service", "spans": self.service}]
        return {"traces": max(self.client, self.service // 4), "spans": self.client + self.service, "groups": groups}

    def metrics(self) -> list[dict[str, Any]]:
        attributes = {"error.type": "queue_full"}
        return [{"name": "otel.sdk.processor.span.processed", "value": self.dropped, "attributes": attributes}]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing more will come here, so nobody needs to wait for it."""
    monkeypatch.setattr(ledger, "QUIET_S", 0.0)


def settle(viewer: Viewer, run: Summary = RUN) -> ledger.Ledger:
    return ledger.settle(run, viewer, SdkCount(1.0))  # type: ignore[arg-type]


def test_everything_arrived() -> None:
    found = settle(Viewer(10, 40))
    assert found.lost == ()
    assert found.text() == "10 requests · 10 traces · 50 spans, nothing lost"


def test_what_is_not_a_prediction_makes_fewer_spans() -> None:
    routes = {"POST /predict": {200: 3, 400: 2}, "GET /nothing": {404: 4}, "DELETE /predict": {405: 1}, "GET /health": {200: 5}}
    assert ledger.service_spans(routes) == 3 * 4 + 2 * 2 + 4 + 1


@pytest.mark.parametrize(("viewer", "run", "lost"), [
    (Viewer(10, 36), RUN, [Loss("collector → viewer", 4)]),
    (Viewer(10, 30, dropped=7), RUN, [Loss("service → collector", 6), Loss("collector → viewer", 4)]),
    (Viewer(7, 40), replace(RUN, spans_acked=8), [Loss("client → collector", 2), Loss("collector → viewer", 1)]),
    (Viewer(10, 44), RUN, []),
])
def test_the_hop_that_lost_them(viewer: Viewer, run: Summary, lost: list[Loss]) -> None:
    found = settle(viewer, run)
    assert list(found.lost) == lost
    assert sum(one.spans for one in found.lost) == max(0, found.expected_spans - found.spans)
