"""The wait for the last spans: over when nothing is missing, bounded when something is, exact when rows go meanwhile."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any, cast

import pytest

from labctl.errors import NotReady
from labctl.load.ledger import await_spans as awaiting
from labctl.load.ledger.await_spans import Before, Witnesses, await_spans
from labctl.load.ledger.collector_watch import CollectorSample, CollectorWatch
from labctl.load.ledger.hops import Hop, HopLoss
from labctl.load.ledger.ledger import Ledger
from labctl.load.ledger.not_stored_yet import NotStoredYet
from labctl.load.ledger.service_counters import ServiceCounters
from labctl.load.ledger.viewer_counters import ViewerCounters
from labctl.load.measure.summary import Summary
from labctl.telemetry.trace import RunSpan
from labctl.viewer_client.client import Metrics, ViewerClient
from tests.unit.load.judge.test_verdicts import SUMMARY
from tests.unit.load.ledger.test_ledger import PLAN, RUN, outcomes, spans

ENDED = replace(SUMMARY, run_id=RUN, outcomes=(outcomes(200, 200),))
BEFORE = Before(ServiceCounters(1.0), instance=1, viewer=ViewerCounters(started=1.0), traced=True)


@dataclass
class Viewer:
    """Gives its pages one after the other, and then nothing new; `kept` is what is there in the end."""

    pages: list[list[RunSpan]]
    kept: list[RunSpan] | None = None
    given_up: float = 0.0
    trouble: str = ""
    deleted: int = 0                    # after they were stored, and before a page with them was read
    asked: int = field(default=0)

    def run_spans_after(self, _: str, after: int) -> tuple[list[RunSpan], int, bool]:
        self.asked += 1
        page = self.pages[after] if after < len(self.pages) else []
        return page, after + 1, False

    def run_spans(self, _: str) -> Iterator[RunSpan]:
        return iter(self._all())

    def run_counts(self, _: str, *, only: str) -> dict[str, Any]:
        return {"spans": len(self._all())}

    def counts(self, *, only: str) -> dict[str, Any]:
        first_stored = sum(len(page) for page in self.pages) + self.deleted
        return {"spans": len(self._all()), "started": 1.0, "accepted": {"traces.http": first_stored}}

    def store_cannot_write(self) -> str:
        return self.trouble

    def metrics(self, *_: str) -> Metrics:
        series = {"name": "otel.sdk.exporter.span.exported", "time": 9e12}
        return Metrics([{**series, "attributes": {"error.type": "timeout"}, "value": self.given_up}])

    def _all(self) -> list[RunSpan]:
        return [span for page in self.pages for span in page] if self.kept is None else self.kept


class Watch(CollectorWatch):
    """A collector that has always been there and passed on all that it accepted."""

    def __init__(self, number: int) -> None:
        super().__init__(None)
        self.first, self.last = CollectorSample(0, 0, 0, 0.0), CollectorSample(number, number, 0, 0.0)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awaiting, "IDLE_QUIET_S", 0.0)
    monkeypatch.setattr(awaiting, "QUIET_S", 0.2)


def account(viewer: Viewer, sent: int, instance: int = 1, watch: Watch | None = None, ended: Summary = ENDED) -> Ledger:
    witnesses = Witnesses(cast("ViewerClient", viewer), watch or Watch(sent), lambda: instance, lambda: True)
    return await_spans(ended, PLAN, witnesses, BEFORE, lambda there, expected: None)


def test_spans_may_be_under_way_before_the_service_has_counted_any() -> None:
    """In the first second of a service; a real viewer refuses a time before 1970."""
    asked: list[float] = []

    class First(Viewer):
        def metrics(self, *names: str, since_s: float | str = "") -> Metrics:
            under_way = {"name": "otel.sdk.exporter.span.inflight", "attributes": {}, "time": 5.0, "value": 4.0}
            if since_s == "":
                return Metrics([under_way])
            asked.append(float(since_s))
            return Metrics([{**under_way, "points": [(5.0, "one", 4.0, 0)]}])

    witnesses = Witnesses(cast("ViewerClient", First([])), Watch(0), lambda: 1, lambda: True)
    assert witnesses.before().service == ServiceCounters(0.0, pending=4.0)
    assert asked == [0.0]


def test_it_is_over_when_everything_is_there() -> None:
    viewer = Viewer([list(spans(1)), list(spans(2))])
    assert account(viewer, 10).lost == ()
    assert viewer.asked == 2


def test_what_never_comes_was_lost_where_the_counters_say() -> None:
    some = [list(spans(1)), list(spans(2, names=("POST", "POST /predict")))]
    assert account(Viewer(some, given_up=3), 7).lost == (HopLoss(Hop.SERVICE, 3),)
    assert account(Viewer(some, deleted=3), 10).lost == (HopLoss(Hop.VIEWER, 3),)
    assert account(Viewer(some), 7, instance=2).lost == (HopLoss(Hop.SERVICE, 3),)


def test_the_viewers_counts_tell_what_a_collector_that_has_gone_took_with_it() -> None:
    some = [list(spans(1)), list(spans(2, names=("POST", "POST /predict")))]
    watch = Watch(10)
    watch.gone_since = 1e9
    assert account(Viewer(some), 0, watch=watch).lost == (HopLoss(Hop.COLLECTOR, 3),)
    assert account(Viewer(some, deleted=3), 0, watch=watch).lost == (HopLoss(Hop.UNKNOWN, 3),)


def test_what_was_sent_after_all_generators_lost_the_collector_came_too_late() -> None:
    some = [list(spans(1)), list(spans(2, names=("POST",)))]
    sent = outcomes(200, 200)               # at 0 and 1 s
    watch = Watch(6)
    watch.gone_since = ENDED.started + 60
    for lost_s, hop in ((0.5, Hop.SERVICE), (1.5, Hop.UNKNOWN), (inf, Hop.UNKNOWN)):
        ended = replace(ENDED, outcomes=(replace(sent, collector_lost_s=lost_s),))
        assert account(Viewer(some), 0, instance=2, watch=watch, ended=ended).lost == (HopLoss(hop, 4),)


def test_what_a_processor_dropped_is_lost_in_the_collector() -> None:
    some = [list(spans(1)), list(spans(2, names=("POST", "POST /predict")))]
    watch = Watch(7)
    watch.last = CollectorSample(10, 7, 0, 0.0, dropped=3, filtered=3)
    assert account(Viewer(some), 7, watch=watch).lost == (HopLoss(Hop.PROCESSOR, 3),)
    watch.restarted = True              # what the other one dropped is not known
    assert account(Viewer(some), 7, watch=watch).lost == (HopLoss(Hop.UNKNOWN, 3),)


def test_what_may_still_come_is_neither_lost_nor_fine() -> None:
    some = [list(spans(1)), list(spans(2, names=("POST", "POST /predict")))]
    watch = Watch(7)
    watch.last = CollectorSample(9, 7, 0, 0.0)      # it accepted nine and has sent seven
    found = account(Viewer(some, trouble="disk is full", given_up=1), 7, watch=watch)
    assert found.later == NotStoredYet(2, "the viewer cannot store: disk is full")
    assert found.lost == (HopLoss(Hop.SERVICE, 1),)
    assert account(Viewer(some), 7, watch=watch).later == NotStoredYet(2, "the collector has not sent them yet")
    watch.silent = True
    assert account(Viewer(some), 7, watch=watch).later == NotStoredYet(3, "the collector does not answer")


def test_rows_that_go_while_they_are_counted_are_missed() -> None:
    everything = [*spans(1), *spans(2)]
    found = account(Viewer([everything], kept=everything[:-2]), 10)
    assert (found.lost_spans, found.lost) == (2, (HopLoss(Hop.VIEWER, 2),))


def test_a_viewer_that_does_not_come_back_is_said() -> None:
    class Gone(Viewer):
        def run_spans_after(self, _: str, after: int) -> tuple[list[RunSpan], int, bool]:
            raise NotReady("the viewer does not answer")

        def metrics(self, *_: str) -> Metrics:
            raise NotReady("the viewer does not answer")

    with pytest.raises(NotReady):
        account(Gone([]), 0)
