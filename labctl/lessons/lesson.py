"""A lesson: what it sets up, asks, accepts as an answer, and explains.

Subtle: `prepare` draws what is secret from `chance`, so that no two starts need have the same answer, and returns it as a
mapping of plain values, which is kept until the lesson ends. `judge` compares the answer with what the telemetry says *now*.
What is no answer at all is a UsageError, and costs nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from random import Random

from labctl.errors import UsageError
from labctl.lessons.progress import Secret
from labctl.lessons.stage import LabStage


@dataclass(frozen=True, slots=True)
class Judgement:
    right: bool
    said: str                           # for a wrong answer: in which direction, without giving it away; else what was found
    learnt: Sequence[str] = ()          # for a right one: paragraphs that explain it
    trace_id: str = ""                  # a trace of the learner that shows it


@dataclass(frozen=True, slots=True)
class Lesson:
    name: str
    goal: str                           # which goal or row of the tutorial
    story: str
    question: str
    answer: str                         # how an answer looks, as a command
    start: str                          # a first command, which shows something and gives nothing away
    hints: Sequence[str]                # each costs a point
    prepare: Callable[[LabStage, Random], Secret]
    judge: Callable[[LabStage, Secret, str], Judgement]
    options: Callable[[Secret], Sequence[str]] = lambda _: ()   # the answers to choose from, where there are such
    needs: str = ""                     # the add-on without which the lesson is refused
    judged_live: bool = False           # by the lab as it is then, which so has to be as the lesson has set it up


def number(text: str) -> float | None:
    """The number that an answer gives, with or without a unit; None where it is none."""
    digits = text.strip().lower().removesuffix("ms").removesuffix("/s").strip().removesuffix("%").strip()
    try:
        return float(digits) if digits.isascii() else None
    except ValueError:
        return None


def near(given: str, truth: float, tolerance: float, unit: str, learnt: Sequence[str], trace_id: str = "") -> Judgement:
    """Judge a number that may differ from the truth by `tolerance`, in its own unit. Raises UsageError where it is none."""
    found = number(given)
    if found is None or not isfinite(found):
        raise UsageError(f"{given:.60} is not a number ({unit})", hint="labctl learn")
    if abs(found - truth) <= tolerance:
        return Judgement(right=True, said=f"it is {truth:.4g} {unit}", learnt=learnt, trace_id=trace_id)
    return Judgement(right=False, said=f"{given:.60} is too {'high' if found > truth else 'low'}")
