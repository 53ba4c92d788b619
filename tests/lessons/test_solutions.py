"""Each lesson's solution passes, a wrong answer is refused and costs a point, and a second start has another answer."""

from collections.abc import Iterator
from pathlib import Path
from string import ascii_lowercase

import pytest

from labctl.lessons.table import LESSONS
from tests.driver import Driver, a_name, collector_on_path
from tests.lessons.solutions import SOLUTIONS

STEPS = {"validate_input": "model_inference", "model_inference": "format_response", "format_response": "validate_input"}


@pytest.fixture(scope="module", params=["local", pytest.param("kind", marks=pytest.mark.e2e)])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    if request.param == "kind":
        driver: Driver = request.getfixturevalue("kind_lab")
        driver.run("up")
        yield driver
        return
    if not collector_on_path():
        pytest.skip("no otelcol on the PATH")
    with Driver(a_name("lessons"), tmp_path_factory.mktemp("state")).up() as driver:
        yield driver


@pytest.fixture(autouse=True)
def no_lesson_left_open(lab: Driver) -> Iterator[None]:
    """A lesson that a failed test has left open would be in the way of all others."""
    yield
    if (lab.state / lab.name / "lessons.json").exists():
        lab.run("learn", "--stop", code=None, timeout=150)


def another(answer: str, options: list[str]) -> str:
    """An answer of the same kind that is wrong."""
    if options:
        return next(letter for letter in ascii_lowercase if letter != answer)
    return STEPS.get(answer, "0.0001")


def names(lab: Driver) -> list[str]:
    return [one["lesson"] for one in lab.json("learn", "--list")["lessons"]]


def test_every_lesson_has_a_solution(lab: Driver) -> None:
    """Those of the add-ons are solved in tests/addons."""
    of_addons = {lesson.name for lesson in LESSONS if lesson.needs}
    assert set(names(lab)) == {*SOLUTIONS, *of_addons}
    assert of_addons.isdisjoint(SOLUTIONS)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", list(SOLUTIONS))
def test_the_solution_passes_and_a_wrong_answer_does_not(lab: Driver, name: str) -> None:
    begun = lab.json("learn", name, timeout=150)
    assert begun["points"] == 5
    answer = SOLUTIONS[name](lab)
    wrong = lab.json("answer", another(answer, begun["options"]), code=1, timeout=60)
    assert (wrong["right"], wrong["points"]) == (False, 4)
    right = lab.json("answer", answer, timeout=150)
    assert right["right"], right
    assert right["points"] == 4
    assert right["learnt"]
    listed = {one["lesson"]: one for one in lab.json("learn", "--list")["lessons"]}
    assert (listed[name]["state"], listed[name]["points"]) == ("solved", 4)
    assert lab.json("check")["ok"]


@pytest.mark.timeout(300)
def test_a_second_start_has_another_answer(lab: Driver) -> None:
    answers = set()
    for words in ("latency", "--restart"):
        lab.run("learn", words, timeout=150)
        answers.add(SOLUTIONS["latency"](lab))
    lab.run("learn", "--stop", timeout=90)
    assert len(answers) == 2


@pytest.mark.timeout(300)
def test_an_open_lesson_is_neither_ended_by_another_nor_changed_in_silence(lab: Driver) -> None:
    begun = lab.json("learn", "limits", timeout=150)
    refused = lab.run("learn", "latency", code=2).stderr
    assert "the lesson limits is still open, with 5 points to be had" in refused
    assert refused.endswith("learn latency\n")
    assert lab.json("learn", "limits") == lab.json("learn") == begun
    assert "the open lesson limits" in lab.run("up", timeout=150).stderr
    assert lab.json("learn")["changed_by"] == "labctl up"
    assert "labctl learn --restart" in lab.run("answer", "10", code=3).stderr
    again = lab.json("learn", "--restart", timeout=150)
    assert (again["changed_by"], again["points"]) == (None, 5)
    assert "ended without an answer" in lab.run("learn", "--stop", timeout=90).stdout


def test_hints_cost_a_point_each(lab: Driver) -> None:
    lab.run("learn", "tracing", timeout=150)
    points = [lab.json("learn", "--hint")["points"] for _ in range(3)]
    assert points == [4, 3, 2]
    assert "no more hints" in lab.run("learn", "--hint", code=2).stderr
    lab.run("learn", "--stop", timeout=90)
    assert "no lesson is open" in lab.run("answer", "x", code=2).stderr


def test_the_secret_is_not_in_the_state_in_clear(lab: Driver, tmp_path: Path) -> None:
    assert tmp_path.exists()
    lab.run("learn", "tracing", timeout=150)
    kept = (lab.state / lab.name / "lessons.json").read_text()
    assert not any(step in kept for step in ("validate_input", "model_inference", "format_response"))
    lab.run("learn", "--stop", timeout=90)
