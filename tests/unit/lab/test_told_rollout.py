"""What the page is told of an `up`: which of service and collector were started, and nothing where none was."""

from labctl.lab.plan import StepName, StepResult
from labctl.lab.told_rollout import rollout

S = 10**9
DEPLOY = StepResult(StepName.DEPLOY, "Deploy", "started service", True, 0, 1.0)
READY = StepResult(StepName.READY, "Wait", "all components answer", True, 4 * S, 1.0)


def test_what_was_started_is_one_rollout() -> None:
    [told] = rollout({"collector": 3 * S, "viewer": 1 * S, "service": 2 * S}, [DEPLOY, READY])
    assert (told.begin, told.end, told.title) == (2.0, 5.0, "service and collector started")
    assert told.data == {"components": ["service", "collector"], "changed": "started service"}


def test_an_up_that_has_started_neither_is_not_told() -> None:
    assert rollout({"viewer": 1 * S}, [DEPLOY, READY]) == []
