"""RawSlices of a run: joined when there are too many, added over processes, and nothing is lost on the way."""

import json
from array import array
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from labctl.load.measure.timeline import MOST, RawSlices

instants = st.lists(st.floats(0, 1e5), min_size=1, max_size=100)


def slices(*instants: float, width: float = 0.05) -> RawSlices:
    found = RawSlices(width)
    for at in instants:
        raw_slice = found.raw_slice(found.place(at))
        raw_slice.successful += 1
        raw_slice.latency.add(array("d", [0.001 + at / 1e6]))
    return found


@given(instants)
def test_there_are_never_too_many_and_none_is_lost(instants: Any) -> None:
    timeline = slices(*instants).timeline(0.0)
    assert len(timeline.slices) <= MOST
    assert timeline.slice_s in {0.05 * 2**power for power in range(30)}
    for one in timeline.slices:
        due = [at for at in instants if RawSlices(timeline.slice_s).place(at) == round(one.start_s / timeline.slice_s)]
        assert one.planned == one.sent == one.successful == sum(one.counts.values()) == len(due)


@settings(max_examples=20)
@given(st.lists(st.floats(0, 100)).map(sorted))
def test_late_ones_count_in_a_run_that_goes_on(late: Any) -> None:
    """Each is counted when the run is a second further, as a hit that timed out is."""
    going_on = [at / 20 for at in range(2200)]
    found, of_them = RawSlices(0.05), [*late]
    for at in going_on:
        for one in (at, *(of_them.pop(0) for _ in [*of_them] if of_them[0] < at - 1)):
            raw_slice = found.raw_slice(found.place(one))
            raw_slice.successful += 1
            raw_slice.latency.add(array("d", [0.001]))
    assert len(found.all) <= MOST
    slices = found.timeline(0.0).slices
    due = Counter(found.place(at) for at in (*going_on, *late[:len(late) - len(of_them)]))
    assert [one.successful for one in slices] == [sum(one.counts.values()) for one in slices]
    assert {place: one.successful for place, one in enumerate(slices)} == due


@given(instants, instants)
def test_those_of_two_processes_are_those_of_one(some: Any, others: Any) -> None:
    both, one = slices(*some, *others), slices(*some)
    one.add(slices(*others))
    assert one.timeline(1.0) == both.timeline(1.0)


@given(instants)
def test_they_can_be_sent_on(instants: Any) -> None:
    found = slices(*instants)
    found.raw_slice(0).errors["timeout"] += 2
    found.raw_slice(0).unfinished += 1
    found.raw_slice(0).dropped += 3
    assert RawSlices.read(json.loads(json.dumps(found.as_json()))).timeline(0.0) == found.timeline(0.0)
