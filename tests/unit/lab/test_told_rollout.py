"""What the page is told of an `up`: which of service and collector were started, and nothing where none was."""

from labctl.lab.plan import StepName, StepResult
from labctl.lab.told_rollout import rollout
from labctl.model import Work

S = 10**9
DEPLOY = StepResult(StepName.DEPLOY, "Deploy", "started service", True, 0, 1.0)
READY = StepResult(StepName.READY, "Wait", "all components answer", True, 0, 1.0)


def test_what_was_started_is_one_rollout() -> None:
    work = [
        Work("image", 0, S), Work("collector starts", 3 * S, 5 * S, "collector"),
        Work("service starts", 2 * S, 4 * S, "service"), Work("viewer starts", 0, 9 * S, "viewer"),
    ]
    [told] = rollout(work, [DEPLOY, READY])
    assert (told.begin, told.end, told.title) == (2.0, 5.0, "service and collector started")
    assert told.data == {"components": ["service", "collector"], "changed": "started service"}


def test_an_up_that_has_started_neither_is_not_told() -> None:
    assert rollout([Work("image", 0, S), Work("viewer starts", 0, S, "viewer")], [DEPLOY]) == []
