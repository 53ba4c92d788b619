"""The five rows of the tutorial's troubleshooting chapter, and the way of a span: a fault is made, and the learner names it.

Subtle: the options come in an order of their own at each start, so an answer is a letter only for one start. Whoever has mended
the lab meanwhile can still say what was wrong with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from string import ascii_lowercase
from typing import Final

from labctl.errors import Refused, UsageError
from labctl.lessons.lesson import Judgement, Lesson
from labctl.lessons.progress import Secret
from labctl.lessons.stage import LabStage
from labctl.load.plan.run_options import RunOptions

FEWEST: Final = 3                       # options that a question needs


@dataclass(frozen=True, slots=True)
class Trouble:
    """`faults` maps each fault that may be made to what is wrong then; several may be wrong in the same way."""

    name: str
    goal: str
    story: str
    question: str
    hints: Sequence[str]
    faults: Mapping[str, str]
    learnt: str
    start: str = "labctl status"        # the first command
    sends: RunOptions | None = None     # requests, once the fault is on
    needs: str = ""                     # an add-on


def lesson(trouble: Trouble) -> Lesson:
    return Lesson(
        trouble.name, trouble.goal, trouble.story, trouble.question, "labctl answer LETTER", trouble.start, trouble.hints,
        partial(_prepare, trouble), partial(_judge, trouble), lambda secret: secret.get("options", ()), needs=trouble.needs,
    )


def _prepare(trouble: Trouble, stage: LabStage, chance: Random) -> Secret:
    stage.set_up()
    possible = [name for name in stage.possible_faults() if name in trouble.faults]
    options = sorted({trouble.faults[name] for name in possible})
    if len(options) < FEWEST:
        raise Refused(f"too few faults of this kind can be made on the target {stage.target.name}", hint="labctl learn --list")
    fault = chance.choice(possible)
    chance.shuffle(options)
    stage.make_fault(fault)
    if trouble.sends:
        stage.send(trouble.sends)
    return {"fault": fault, "options": options}


def _judge(trouble: Trouble, stage: LabStage, secret: Secret, answer: str) -> Judgement:
    options: list[str] = list(secret["options"])
    truth = trouble.faults[secret["fault"]]
    chosen = _chosen(answer, options)
    if chosen is None:
        raise UsageError(f"{answer:.60} is not one of the letters a to {ascii_lowercase[len(options) - 1]}", hint="labctl learn")
    if chosen != truth:
        return Judgement(right=False, said=f"it is not this: {chosen}")
    return Judgement(right=True, said=truth, learnt=(*(stage.explained() if stage.fault_is_on() else ()), trouble.learnt))


def _chosen(answer: str, options: Sequence[str]) -> str | None:
    """The option that a letter, or its words, stand for."""
    given = answer.strip().lower().rstrip(").")
    letters = dict(zip(ascii_lowercase, options, strict=False))
    return letters.get(given) or next((option for option in options if option.lower() == given), None)
