"""Each lesson's solution passes, a wrong answer costs a point, a second start has another answer, `-o json` is as documented."""

from collections.abc import Iterator
from string import ascii_lowercase

import pytest

from labctl.lessons.table import LESSONS
from tests.contract.test_json import printed
from tests.driver import Driver, a_name, collector_on_path
from tests.lessons.solutions import SOLUTIONS

# of a cluster are faults of their own, and the way in which a lesson is begun and ended is the same for all
IN_A_CLUSTER = ("not-starting", "not-receiving", "slow", "crashing")
STEPS = {"validate_input": "model_inference", "model_inference": "format_response", "format_response": "validate_input"}


def on(target: str, name: str) -> object:
    again = target == "kind" and name not in IN_A_CLUSTER
    return pytest.param(target, name, marks=[pytest.mark.slow] if again else [], id=f"{target}-{name}")


EVERY = [on(target, name) for target in ("local", "kind") for name in SOLUTIONS]
on_both = pytest.mark.parametrize("lab", ["local", pytest.param("kind", marks=pytest.mark.slow)], indirect=True)


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
@pytest.mark.parametrize(("lab", "name"), EVERY, indirect=["lab"])
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


@on_both
@pytest.mark.timeout(300)
def test_a_second_start_has_another_answer(lab: Driver) -> None:
    answers = set()
    for words in ("latency", "--restart"):
        lab.run("learn", words, timeout=150)
        answers.add(SOLUTIONS["latency"](lab))
    lab.run("learn", "--stop", timeout=90)
    assert len(answers) == 2


@on_both
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


@on_both
def test_hints_cost_a_point_each_and_the_state_has_no_answer_in_clear(lab: Driver) -> None:
    assert printed(lab, "learn", "tracing")["kind"] == "Lesson"
    kept = (lab.state / lab.name / "lessons.json").read_text()
    assert not any(step in kept for step in STEPS)
    points = [lab.json("learn", "--hint")["points"] for _ in range(3)]
    assert points == [4, 3, 2]
    assert "no more hints" in lab.run("learn", "--hint", code=2).stderr
    assert printed(lab, "answer", "validate_input", code=None)["kind"] == "Answer"
    lab.run("learn", "--stop", code=None, timeout=90)           # where that was the answer, it has ended
    assert printed(lab, "learn", "--list")["kind"] == "Lessons"
    assert "no lesson is open" in lab.run("answer", "x", code=2).stderr
