"""The plan runs its steps in order, and takes down what it made when one fails."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from labctl.errors import LabError
from labctl.lab import plan
from labctl.lab.plan import Step, StepName
from labctl.model import Lab, Notes, Unchanged


class Transcript:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:
        self.lines.append(title)
        yield lambda note: self.lines.append(f"  {note}")


class Place:
    """A target that only remembers what was done to it."""

    name = "place"

    def __init__(self, *, stands: bool = False, breaks: bool = False) -> None:
        self.stands, self.breaks = stands, breaks

    def __getattr__(self, _verb: str) -> Callable[..., Notes]:
        def act(*_: Any) -> Notes:
            yield "done"

        return act

    def exists(self) -> bool:
        return self.stands

    def deploy(self) -> Notes:
        self.stands = True
        yield "deploying"
        if self.breaks:
            raise LabError("it broke")

    def destroy(self) -> Notes:
        self.stands = False
        yield "gone"


def lab(place: Place) -> Lab:
    return Lab(None, place)  # type: ignore[arg-type]


def test_steps_run_in_order_and_keep_their_last_note() -> None:
    def talk(_: Lab) -> Notes:
        yield "first"
        yield "last"

    report = Transcript()
    done = plan.run([Step(StepName.CHECK, "Talk", talk), Step(StepName.DEPLOY, "Again", talk)], lab(Place()), report)
    assert [d.result for d in done] == ["last", "last"]
    assert report.lines == ["Talk", "  first", "  last", "Again", "  first", "  last"]


@pytest.mark.parametrize(("stood", "retain", "left"), [(False, False, False), (True, False, True), (False, True, True)])
def test_a_failed_up_removes_only_what_it_made(stood: bool, retain: bool, left: bool) -> None:
    place = Place(stands=stood, breaks=True)
    with pytest.raises(LabError, match="broke"):
        plan.up(lab(place), Transcript(), retain=retain)
    assert place.stands is left


def test_the_plans_can_be_read() -> None:
    titles = [step.title for step in plan.UP]
    assert (titles[0], titles[-1]) == ("Check this machine", "See one trace arrive")
    assert len(plan.DOWN) == 1


def test_a_step_that_had_nothing_to_change_is_known_by_its_type() -> None:
    def deploy(_: Lab) -> Notes:
        yield "comparing"
        yield Unchanged("as it was")

    def nothing(_: Lab) -> Notes:
        yield from ()

    steps = [Step(StepName.DEPLOY, "Deploy", deploy), Step(StepName.PUBLISH, "Publish", nothing)]
    assert [(d.result, d.changed) for d in plan.run(steps, lab(Place()), Transcript())] == [("as it was", False), ("", False)]
