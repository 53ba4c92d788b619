"""Pieces of a run: joined when there are too many, added over processes, and nothing is lost on the way."""

import json
from array import array

from hypothesis import given
from hypothesis import strategies as st

from labctl.load.timeline import MOST, Pieces

instants = st.lists(st.floats(0, 1e5), min_size=1, max_size=100)


def pieces(*instants: float, width: float = 0.05) -> Pieces:
    found = Pieces(width)
    for at in instants:
        piece = found.piece(found.place(at))
        piece.successful += 1
        piece.latency.add(array("d", [0.001 + at / 1e6]))
    return found


@given(instants)
def test_there_are_never_too_many_and_none_is_lost(instants):
    timeline = pieces(*instants).timeline(0.0)
    assert len(timeline.slices) <= MOST
    assert timeline.slice_s in {0.05 * 2**power for power in range(30)}
    for one in timeline.slices:
        due = [at for at in instants if Pieces(timeline.slice_s).place(at) == round(one.start_s / timeline.slice_s)]
        assert one.planned == one.sent == one.successful == sum(one.counts.values()) == len(due)


@given(instants, instants)
def test_those_of_two_processes_are_those_of_one(some, others):
    both, one = pieces(*some, *others), pieces(*some)
    one.add(pieces(*others))
    assert one.timeline(1.0) == both.timeline(1.0)


@given(instants)
def test_they_can_be_sent_on(instants):
    found = pieces(*instants)
    found.piece(0).errors["timeout"] += 2
    found.piece(0).unfinished += 1
    found.piece(0).dropped += 3
    assert Pieces.read(json.loads(json.dumps(found.as_json()))).timeline(0.0) == found.timeline(0.0)
