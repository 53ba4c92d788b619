"""C61: a rate that was planned to be lower is no regression, and the sign of a change is that of the figures."""

from dataclasses import replace

from labctl.load.judge.compare import compare
from labctl.load.measure.summary import Slice, Summary, Timeline
from tests.unit.load.judge.test_compare import ran


def at(rps: float, target: float) -> Summary:
    return replace(ran(1), rate=rps, target_rate=target)


def test_runs_that_were_planned_at_different_rates() -> None:
    found = compare(at(100.0, 100.0), at(25.0, 25.0), 0.05)
    rate = next(change for change in found.changes if change.figure == "rate")
    assert (rate.verdict, rate.worse) == ("as planned", False)
    assert any("planned rate" in note for note in found.notes)


def test_a_run_that_did_not_keep_its_planned_rate_is_compared() -> None:
    found = compare(at(100.0, 100.0), at(15.0, 25.0), 0.05)
    assert next(change for change in found.changes if change.figure == "rate").verdict != "as planned"


def sending(per_slice: int, rate: float, target: float) -> Summary:
    run = ran(1)
    assert run.timeline is not None
    slices = [replace(one, answered=per_slice) for one in run.timeline.slices]
    return replace(run, rate=rate, target_rate=target, timeline=replace(run.timeline, slices=slices))


def test_of_different_plans_the_shares_that_were_reached_are_compared() -> None:
    rate = compare(sending(25, 49.2, 50.0), sending(20, 37.0, 40.0), 0.05).changes[2]      # its last answers came late
    assert (rate.verdict, rate.worse) == ("no difference", False)
    assert (rate.before, rate.after) == (49.2, 37.0)
    assert [round(share or 0.0, 3) for share in (rate.before_share, rate.after_share)] == [0.984, 0.925]
    rate = compare(sending(25, 49.2, 50.0), sending(12, 24.0, 40.0), 0.05).changes[2]
    assert (rate.verdict, rate.worse) == ("lower", True)
    assert rate.change is not None
    assert round(rate.change, 2) == -0.39


def answering(*answers: int, rate: float) -> Summary:
    slices = [Slice(float(place), 80, 80, 80, 0, 10.0, 20.0, number, {0: 80}, {}) for place, number in enumerate(answers)]
    return replace(ran(1), rate=rate, target_rate=80.0, timeline=Timeline(1.0, [5.0, 25.0], slices))


def test_the_sign_is_the_figures() -> None:
    # most slices of the second run answer more, its long end answers little: as a whole it is slower
    before = answering(*[80] * 20, 80, rate=80.3)
    after = answering(*[84] * 20, 80, rate=77.7)
    rate = next(change for change in compare(before, after, 0.05).changes if change.figure == "rate")
    assert rate.change is not None
    assert rate.change < 0
    assert (rate.verdict, rate.worse) == ("no difference", False)
