from dataclasses import replace

import pytest

from labctl.load.plan.stages import Stage
from labctl.ui.load.progress import RecentRate, planned_rate, remaining, share_done
from tests.unit.ui.samples import PLAN, SNAPSHOT

BY_TIME = replace(PLAN, duration_s=10.0, requests=None)
CLOSED = replace(SNAPSHOT, target_rate=None)


def test_the_nearer_end_decides() -> None:
    assert share_done(SNAPSHOT, PLAN) == pytest.approx(0.62)
    assert share_done(replace(SNAPSHOT, elapsed_s=9.0), BY_TIME) == pytest.approx(0.9)


def test_a_schedule_says_what_is_left() -> None:
    assert remaining(replace(SNAPSHOT, elapsed_s=6.2, successful=7), PLAN) == "4 s left"
    assert remaining(replace(SNAPSHOT, elapsed_s=6.2, planned=0), BY_TIME) == "4 s left"


def test_without_one_or_behind_it_the_speed_so_far_does() -> None:
    assert remaining(CLOSED, PLAN) == "4 s left"
    assert remaining(replace(SNAPSHOT, elapsed_s=20.0, successful=250), PLAN) == "20 s left"


def test_what_cannot_be_known_is_not_said() -> None:
    assert remaining(replace(CLOSED, planned=0), replace(PLAN, requests=None)) == ""
    assert remaining(replace(CLOSED, successful=0), PLAN) == ""
    assert remaining(replace(SNAPSHOT, successful=500, elapsed_s=9.9), PLAN) == ""


def test_long_waits_have_two_units() -> None:
    assert remaining(replace(SNAPSHOT, elapsed_s=0.0), replace(PLAN, duration_s=7200.0)) == "2 h 0 min left"


@pytest.mark.parametrize(("seconds", "rate"), [(0.0, 10.0), (5.0, 55.0), (10.0, 100.0), (14.0, 100.0), (99.0, 100.0)])
def test_the_planned_rate_is_the_present_stages(seconds: float, rate: float) -> None:
    ramp = replace(PLAN, stages=(Stage(10.0, 10.0, 100.0), Stage(5.0, 100.0, 100.0)))

    assert planned_rate(replace(SNAPSHOT, elapsed_s=seconds), ramp) == pytest.approx(rate)


def test_without_stages_the_planned_rate_is_the_runs() -> None:
    assert planned_rate(SNAPSHOT, PLAN) == 50.0
    assert planned_rate(CLOSED, PLAN) is None


def test_the_rate_of_late_forgets_what_was_before() -> None:
    recent_rate = RecentRate()
    rates = [recent_rate.rate(replace(SNAPSHOT, elapsed_s=tenth / 10, successful=min(tenth * 5, 250))) for tenth in range(1, 101)]

    assert rates[0] == pytest.approx(50.0)
    assert rates[49] == pytest.approx(50.0)
    assert rates[-1] == 0.0


def test_there_is_no_rate_before_any_time_has_passed() -> None:
    assert RecentRate().rate(replace(SNAPSHOT, elapsed_s=0.0)) is None
