"""Answers as people type them, and judgements with a tolerance."""

import pytest

from labctl.errors import UsageError
from labctl.faults.catalogue import BY_NAME
from labctl.lessons.lesson import near, number
from labctl.lessons.stories import troubles
from labctl.lessons.table import LESSONS


@pytest.mark.parametrize(("text", "value"), [("12", 12.0), ("12.5 %", 12.5), ("480ms", 480.0), ("30/s", 30.0), (" 7 ", 7.0)])
def test_numbers_with_and_without_a_unit(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize("text", ["", "many", "12 12", "٣", "--"])
def test_what_is_no_number(text: str) -> None:
    assert number(text) is None


@pytest.mark.parametrize(("text", "right", "said"), [
    ("10", True, "10"), ("10.9", True, "10"), ("12", False, "too high"), ("8", False, "too low"),
])
def test_near(text: str, right: bool, said: str) -> None:
    judgement = near(text, 10.0, 1.0, "percent", ["because"])
    assert judgement.right is right
    assert said in judgement.said
    assert bool(judgement.learnt) is right


@pytest.mark.parametrize("text", ["nan", "inf", "a lot", "", "10 or 11"])
def test_what_is_no_number_is_no_answer(text: str) -> None:
    with pytest.raises(UsageError, match="not a number"):
        near(text, 10.0, 1.0, "percent", [])


def test_a_wrong_answer_never_gives_the_right_one_away() -> None:
    assert "10.25" not in near("3", 10.25, 1.0, "percent", []).said


def test_lessons_have_names_of_their_own_and_three_hints() -> None:
    assert len({lesson.name for lesson in LESSONS}) == len(LESSONS)
    assert all(len(lesson.hints) == 3 for lesson in LESSONS)


def test_every_trouble_is_a_fault_that_can_be_made() -> None:
    for trouble in (troubles.PIPELINE, troubles.START, troubles.RECEIVE, troubles.TRACES, troubles.LATENCY, troubles.CRASH):
        assert set(trouble.faults) <= set(BY_NAME), trouble.name
        assert len(set(trouble.faults.values())) >= 3, trouble.name


@pytest.mark.parametrize("given", ["x" * 100_000, "0" * 100_000 + "5"])
def test_a_long_answer_is_not_repeated_whole(given: str) -> None:
    try:
        said = near(given, 100.0, 1.0, "ms", ()).said
    except UsageError as error:
        said = error.message
    assert len(said) < 100
