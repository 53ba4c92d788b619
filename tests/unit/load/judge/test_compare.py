"""Two runs, and whether one of them differs by more than noise."""

from dataclasses import replace
from random import Random
from statistics import median
from typing import Any

import pytest

from labctl.load.judge.compare import TOO_SHORT, compare
from labctl.load.measure.summary import Distribution, Generator, Slice, Summary, Timeline
from labctl.telemetry.statistics.welch import ratio
from tests.unit.load.judge.test_verdicts import SUMMARY


def ran(seed: int, slower: float = 1.0, tail: float = 1.0, failed: int = 0, late_ms: float = 0.2, count: int = 20) -> Summary:
    """2 000 requests of about 5 ms in slices of a hundred, whose p50 wander by 1 % and whose p99 by a third."""
    draw = Random(seed)
    slices = [
        Slice(index / 2, 100, 100, 100, 0, 5.0 * slower * draw.gauss(1, 0.01), 6.0 * tail * draw.uniform(0.8, 1.4), 100, {}, {})
        for index in range(count)
    ]
    p50, p99 = median(one.p50_ms for one in slices), max(one.p99_ms for one in slices)
    times = Distribution(2000 - failed, 4.9, p50, p50, p50, p50, p99, p99, p99)
    return replace(
        SUMMARY, planned=2000, sent=2000, successful=2000 - failed, failed=failed, dropped=0, rate=200.0, target_rate=200.0,
        latency=times, service_time=times, timeline=Timeline(0.5, (), slices),
        generator=Generator(1.0, 0.1, 0.1, late_ms, late_ms, 0.0, 0),
    )


def verdicts(before: Summary, after: Summary, tolerance: float = 0.05) -> list[str]:
    return [one.verdict for one in compare(before, after, tolerance).changes]


@pytest.mark.parametrize("seed", range(20))
def test_equal_runs_do_not_differ_and_ten_percent_is_found(seed: Any) -> None:
    assert compare(ran(seed), ran(seed + 100), 0.05).verdict() == "no difference"
    slower = compare(ran(seed), ran(seed + 100, slower=1.1), 0.05)
    assert slower.verdict() == "p50 slower"
    assert [one.figure for one in slower.worse] == ["p50"]
    change = slower.changes[0]
    assert change.low < 0.1 < change.high
    assert change.change == pytest.approx(0.1, abs=0.015)


def test_less_than_the_tolerance_is_no_difference() -> None:
    assert verdicts(ran(1), ran(2, slower=1.03))[0] == "no difference"
    assert verdicts(ran(1), ran(2, slower=1.03), tolerance=0.01)[0] == "slower"


def test_the_change_is_that_of_the_figures_beside_it() -> None:
    before, after = ran(1), ran(2, slower=0.9)
    after = replace(after, latency=replace(after.latency, p50=before.latency.p50 * 0.85))
    p50 = compare(before, after, 0.05).changes[0]
    assert p50.verdict == "faster"
    assert p50.change == pytest.approx(-0.15)
    assert p50.high is not None
    assert p50.high > -0.15                                      # from slice to slice it was less


def test_the_estimate_lies_in_its_own_interval_whatever_the_whole_run_says() -> None:
    """One bad moment decides the p99 of a run, and not the verdict on its slices."""
    before, after = ran(1), ran(2, tail=1.6)
    after = replace(after, latency=replace(after.latency, p99=before.latency.p99 * 1.02))
    p99 = compare(before, after, 0.05).changes[1]
    assert p99.verdict == "slower"
    assert None not in (p99.low, p99.typical, p99.high)
    assert 0.05 < p99.low < p99.typical < p99.high
    assert p99.change == pytest.approx(0.02)


def test_only_what_got_worse_is_complained_of() -> None:
    found = compare(ran(1), ran(2, slower=0.8, failed=200), 0.05)
    assert found.verdict() == "p50 faster, errors more"
    assert found.complaint() == "errors more"


def test_faster_is_no_regression() -> None:
    faster = compare(ran(1), ran(2, slower=0.8), 0.05)
    assert (faster.verdict(), faster.worse) == ("p50 faster", [])


def test_a_tail_has_to_be_worse_than_the_generators_own() -> None:
    assert verdicts(ran(1), ran(2, tail=2.0))[1] == "slower"
    busy = compare(ran(1), ran(2, tail=2.0, late_ms=9.0), 0.05)
    assert busy.verdict() == "no difference"
    assert busy.changes[1].generator == 27.0
    assert busy.notes == ["the machine was busy: a difference of the p99 below 27.0 ms counts as noise"]


@pytest.mark.parametrize(("before", "after", "verdict"), [
    (0, 0, "no difference"), (0, 4, "no difference"), (0, 12, "more"), (12, 0, "fewer"), (40, 50, "no difference"),
])
def test_errors_are_counted(before: int, after: int, verdict: str) -> None:
    errors = compare(ran(1, failed=before), ran(2, failed=after), 0.05).changes[3]
    assert (errors.verdict, errors.worse) == (verdict, verdict == "more")
    assert errors.change == pytest.approx((after - before) / 20)


def test_throughput_counts() -> None:
    slow = replace(ran(2), rate=140.0)
    slow = replace(slow, timeline=replace(slow.timeline, slices=[replace(one, answered=70) for one in slow.timeline.slices]))
    assert verdicts(ran(1), slow)[2] == "lower"


def stalling(run: Summary) -> Summary:
    """The same, with no answer in every other slice."""
    slices = [
        replace(one, successful=0, answered=0, failed=0) if place % 2 else one for place, one in enumerate(run.timeline.slices)
    ]
    return replace(run, rate=run.rate / 2, timeline=replace(run.timeline, slices=slices))


def test_slices_without_an_answer_count() -> None:
    assert verdicts(ran(1, count=40), stalling(ran(2, count=40)))[2] == "lower"
    assert verdicts(stalling(ran(1, count=40)), ran(2, count=40))[2] == "higher"
    assert verdicts(stalling(ran(1, count=40)), stalling(ran(2, count=40)))[2] == "no difference"


def test_the_tails_of_unlike_slices_are_not_compared() -> None:
    few = ran(2)
    few = replace(few, timeline=replace(few.timeline, slices=[replace(one, successful=20) for one in few.timeline.slices]))
    found = compare(ran(1), few, 0.05)
    assert [one.verdict for one in found.changes[:2]] == ["no difference", "not comparable"]
    assert found.notes == ["the runs are too different in length or rate to compare p99: give both the same -n and --rps"]
    assert found.verdict() == "no difference"


def test_as_many_samples_or_about_as_many_are_alike() -> None:
    for samples in (80, 99, 101, 150):
        other = ran(2, tail=3.0)
        slices = [replace(one, successful=samples) for one in other.timeline.slices]
        assert verdicts(ran(1), replace(other, timeline=replace(other.timeline, slices=slices)))[1] == "slower"


def test_an_answer_after_the_end_makes_no_rate_lower() -> None:
    late = ran(2)
    rest = [replace(late.timeline.slices[0], planned=0, sent=0, successful=0, answered=0)] * 12
    late = replace(late, timeline=replace(late.timeline, slices=[*late.timeline.slices, *rest]))
    assert verdicts(ran(1), late)[2] == "no difference"


def test_equal_rates_hardly_ever_differ_however_few_slices_there_are() -> None:
    draw, found = Random(7), 0
    for _ in range(400):
        before, after = ([draw.gauss(100, 10) for _ in range(5)] for _ in range(2))
        found += ratio(before, after, 0.99).sure
    assert found <= 10
    assert ratio([100.0] * 5, [100.0] * 9, 0.99).sure is False
    assert ratio([100.0] * 4, [100.0] * 9, 0.99) is None


def test_a_tolerance_is_a_share_of_what_was_before() -> None:
    slow = [replace(one, answered=84) for one in ran(2).timeline.slices]
    lower = replace(ran(2), rate=168.0, timeline=replace(ran(2).timeline, slices=slow))
    assert [verdicts(ran(1), lower, tolerance)[2] for tolerance in (0.15, 0.17)] == ["lower", "no difference"]
    assert [verdicts(ran(1, failed=40), ran(2, failed=80), tolerance)[3] for tolerance in (0.9, 1.1)] == ["more", "no difference"]


def test_runs_that_are_too_short_or_have_nothing_to_compare() -> None:
    short = compare(ran(1, count=4), ran(2), 0.05)
    assert (short.verdict(), short.worse) == (TOO_SHORT, [])
    nothing = replace(ran(1), timeline=None, latency=Distribution(), successful=0, generator=None)
    assert compare(nothing, nothing, 0.05).verdict() == TOO_SHORT


def test_runs_of_different_plans_are_said_to_be_that() -> None:
    notes = compare(ran(1), replace(ran(2), target_rate=None, concurrency=20, interrupted=True), 0.05).notes
    assert notes == [
        "the runs differ in their planned rate: 200/s and none", "the runs differ in their workers: 10 and 20",
        "at least one of the runs was interrupted",
    ]
