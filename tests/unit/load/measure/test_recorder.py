"""The recorder counts many requests at once, and that shows in no figure."""

from array import array
from collections import Counter
from random import Random

import pytest

from labctl.load.measure.counts import Counts
from labctl.load.measure.recorder import CHUNK, Recorder
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.statistics.histogram import Histogram

BEGIN, SLICE_S = 1000.0, 0.5
SHARES = (0.0, 0.5, 0.9, 0.99, 1.0)


@pytest.mark.parametrize("rate", [100.0, 3000.0], ids=["several slices in a chunk", "several chunks in a slice"])
@pytest.mark.parametrize("rps", [None, 100.0], ids=["closed", "open"])
@pytest.mark.parametrize("look_s", [0.13, 100.0], ids=["while somebody looks", "while nobody looks"])
def test_every_answer_is_in_its_slice_and_in_the_total(rate: float, rps: float | None, look_s: float) -> None:
    draw = Random(1)
    recorder = Recorder(LoadPlan("http://127.0.0.1:1/", requests=4 * CHUNK, rps=rps, slices_s=SLICE_S))
    recorder.begin(BEGIN)
    latencies, due = array("d"), BEGIN
    looks: list[Counts] = []
    due_in, came_in = Counter[int](), Counter[int]()
    for index in range(1, 4 * CHUNK):
        due += draw.expovariate(rate)
        done = due + draw.lognormvariate(-6, 1)
        latencies.append(done - due)
        due_in[int((due - BEGIN) / SLICE_S)] += 1
        came_in[int((done - BEGIN) / SLICE_S)] += 1
        recorder.answered(index, 200, due, due, done)
        if due - BEGIN > look_s * (len(looks) + 1):
            looks.append(recorder.sketch(index))
            assert looks[-1].successful == sum(look.latency.count for look in looks) == index
    counts = recorder.counts(len(latencies))
    assert counts.slices
    assert {place: one.successful for place, one in counts.slices.all.items() if one.successful} == due_in
    assert sum(one.latency.count for one in counts.slices.all.values()) == counts.successful == len(latencies)
    assert {place: one.answered for place, one in counts.slices.all.items() if one.answered} == came_in
    whole = Histogram()
    whole.add(latencies)
    assert counts.latency.quantiles(SHARES) == whole.quantiles(SHARES)
    assert counts.latency.count == counts.service.count == len(latencies)
