"""What the viewer's counts tell about spans that it stored and no longer has."""

from math import inf
from typing import Any

from labctl.load.ledger.viewer_counters import read


def counts(spans: int, accepted: int, **other: Any) -> dict[str, Any]:
    named = {"traces.http": accepted - 2, "traces.grpc": 2, "logs.http": 1000}
    return {"spans": spans, "started": 1.5, "accepted": named, "duplicates": {}, "refused": {}, **other}


def test_what_was_stored_and_is_not_there_was_deleted() -> None:
    assert read(counts(110, 60)).lost_since(read(counts(100, 50))) == 0
    assert read(counts(107, 60)).lost_since(read(counts(100, 50))) == 3


def test_what_was_sent_again_was_stored_once() -> None:
    again = read(counts(107, 60, duplicates={"traces": 3, "metrics": 9}))
    assert again.lost_since(read(counts(100, 50))) == 0


def test_it_is_unknown_of_one_that_was_restarted_or_refused_something() -> None:
    before = read(counts(100, 50))
    assert read(counts(110, 60, started=2.5)).lost_since(before) == inf
    assert read(counts(110, 60, refused={"traces.http": 1})).lost_since(before) == inf
    assert read({"spans": 110}).lost_since(read({"spans": 100})) == inf
