"""A policy is replayed through the real collector: its decisions by trace id are ours, and errors and slow traces are kept."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from labctl.components import DEFAULT_PORTS
from labctl.errors import LabError, Refused
from labctl.load.sampling.stored_traces import StoredTrace
from labctl.load.sampling.what_if import LoadRun, MissedTrace, _figures, what_if
from labctl.model import LabSpec
from labctl.switches.trace_id_sampling import keeps, threshold
from labctl.telemetry.comparison.span_page import SpanOrigin, SpanPage
from labctl.viewer_client.client import ViewerClient
from tests.driver import ROOT

TRACES, ERRORS, SLOW = 2000, 40, 60
RUN = LoadRun("ab", TRACES)
ORIGINS = [SpanOrigin("labctl", "POST", "client", {}), SpanOrigin("ai", "POST /predict", "server", {"host.name": "x"})]
needs_collector = pytest.mark.skipif(not shutil.which("otelcol-contrib"), reason="otelcol-contrib is not on the PATH")


class Viewer:
    """Has a run of traces with two spans each: some failed, some slow, spread over two pages."""

    def __init__(self) -> None:
        chance = random.Random(7)
        self.ids = [f"{0xAB:016x}{chance.getrandbits(64):016x}" for _ in range(TRACES)]

    def span_pages(self, _: str) -> Iterator[SpanPage]:
        half = TRACES // 2 + 1
        yield self._page(range(half), after="more")
        yield self._page(range(half, TRACES), after="")

    def _page(self, numbers: range, after: str) -> SpanPage:
        rows = [(number, part) for number in numbers for part in (0, 1)]
        return SpanPage(
            [self.ids[number] for number, _ in rows], [f"{2 * number + part + 1:016x}" for number, part in rows],
            [f"{2 * number + 1:016x}" if part else "" for number, part in rows],
            [10**18 + number * 10**6 + part for number, part in rows],
            [int(self.ms(number) * 1e6) - part for number, part in rows],
            [int(part == 1 and number < ERRORS) for number, part in rows], [part for _, part in rows],
            [[0, 1] for _ in rows], ORIGINS, [("http.request.method", "POST"), ("labctl.wait_ms", 0.25)], after,
        )

    def ms(self, number: int) -> float:
        return 500.0 + number if TRACES - number <= SLOW else 10 + number % 50


@pytest.fixture
def spec(tmp_path: Path) -> LabSpec:
    return LabSpec("x", ROOT, tmp_path, DEFAULT_PORTS, {}, 1, 1)


@needs_collector
@pytest.mark.parametrize("percent", [0.7, 10, 33.3, 94.5, 99.9, 100])
def test_the_collector_keeps_the_traces_that_we_say(percent: float, spec: LabSpec) -> None:
    viewer, limit = Viewer(), threshold(percent / 100)
    found = what_if(spec, cast("ViewerClient", viewer), RUN, [f"{percent}%", f"head:{percent}%"])
    ours = {number for number, trace_id in enumerate(viewer.ids) if keeps(trace_id, limit)}
    assert (found.traces, found.spans, found.errors, found.slow) == (TRACES, 2 * TRACES, ERRORS, TRACES // 100)
    for outcome in found.outcomes:
        assert (outcome.traces, outcome.partial, outcome.spans) == (len(ours), 0, 2 * len(ours))
        assert outcome.errors == len(ours & set(range(ERRORS)))


@needs_collector
def test_tail_sampling_keeps_what_it_shall_and_a_share_of_the_rest(spec: LabSpec) -> None:
    found = what_if(spec, cast("ViewerClient", Viewer()), RUN, ["tail:errors,slow>400ms,5%", "tail:slow>400ms"])
    both, slow_ones = found.outcomes
    assert found.slow == SLOW
    assert (both.errors, both.slow, both.partial, both.missed) == (ERRORS, SLOW, 0, [])
    assert 0.03 < (both.traces - ERRORS - SLOW) / (TRACES - ERRORS - SLOW) < 0.07
    assert (slow_ones.traces, slow_ones.slow, slow_ones.errors) == (SLOW, SLOW, 0)
    assert slow_ones.missed[0] == MissedTrace(Viewer().ids[39], 49.0, error=True)
    assert found.off(both, "p50") != 0


def test_without_a_trace_or_a_collector_it_says_so(spec: LabSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = Viewer()
    monkeypatch.setattr(empty, "span_pages", lambda _: iter([Viewer()._page(range(0), "")]))
    with pytest.raises(LabError, match="no trace of the run ab"):
        what_if(spec, cast("ViewerClient", empty), RUN, ["10%"])
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Refused, match="to replay through"):
        what_if(spec, cast("ViewerClient", Viewer()), RUN, ["10%"])


@pytest.mark.parametrize(("traces", "known"), [(6, False), (19, False), (20, True)])
def test_a_few_traces_have_no_median(traces: int, known: bool) -> None:
    found = _figures([StoredTrace(1, 0, 10**6)] * traces)
    assert (found["p50"] is not None, found["p99"]) == (known, None)
