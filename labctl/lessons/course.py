"""The use cases of `learn` and `answer`: begin a lesson, take a hint, answer, stop, list.

Subtle: a lesson is noted as open before the lab is changed, so that one which was killed while it was being prepared is known,
and `learn --stop` brings the lab back.
"""

import random
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from labctl import numbers
from labctl.errors import LabError, Refused, UsageError
from labctl.lessons import progress
from labctl.lessons.lesson import Judgement, Lesson
from labctl.lessons.progress import LessonProgress, OpenLesson
from labctl.lessons.stage import LabStage
from labctl.lessons.table import LESSONS, find
from labctl.telemetry.trace import Trace


@dataclass(frozen=True, slots=True)
class LessonView:
    """A lesson as it is shown: what is asked, the hints so far, the points left."""

    lesson: Lesson
    open: OpenLesson

    @property
    def hints(self) -> Sequence[str]:
        return self.lesson.hints[: self.open.hints]

    @property
    def options(self) -> Sequence[str]:
        return self.lesson.options(progress.decode(self.open.secret))

    def as_json(self) -> dict[str, Any]:
        return {
            "lesson": self.lesson.name, "goal": self.lesson.goal, "story": self.lesson.story, "question": self.lesson.question,
            "answer": self.lesson.answer, "start": self.lesson.start, "options": list(self.options), "hints": list(self.hints),
            "hints_left": len(self.lesson.hints) - len(self.hints), "points": self.open.points,
            "changed_by": self.open.changed_by or None,
        }


@dataclass(frozen=True, slots=True)
class Answered:
    lesson: Lesson
    judgement: Judgement
    points: int

    def as_json(self) -> dict[str, Any]:
        judgement = self.judgement
        return {
            "lesson": self.lesson.name, "right": judgement.right, "said": judgement.said, "learnt": list(judgement.learnt),
            "trace_id": judgement.trace_id or None, "points": self.points,
        }


@dataclass(frozen=True, slots=True)
class LessonProgressLine:
    """One lesson of the list."""

    lesson: Lesson
    state: str                          # new, open or solved
    points: int | None                  # the most so far

    def as_json(self) -> dict[str, Any]:
        return {"lesson": self.lesson.name, "goal": self.lesson.goal, "state": self.state, "points": self.points}


@dataclass(frozen=True, slots=True)
class Stopped:
    lesson: Lesson
    best: int | None                    # its points from earlier, which are kept


def begin(stage: LabStage, name: str) -> LessonView:
    """Set the scene of a lesson; one that is open already is shown as it is. Raises UsageError while another one is open."""
    lesson = find(name)
    opened = progress.read(stage.config.state).begun
    if opened is None:
        stage.require(lesson.needs)
        return _set_up(stage, lesson)
    if opened.name == name:
        return LessonView(lesson, opened)
    raise UsageError(
        f"the lesson {opened.name} is still open, with {numbers.plural(opened.points, 'point')} to be had",
        detail="labctl learn shows its question again, --stop ends it without an answer",
        hint=f"labctl learn --stop && labctl learn {name}",
    )


def restart(stage: LabStage) -> LessonView:
    """Another scene for the open lesson."""
    lesson = require_open(stage).lesson
    stage.require(lesson.needs)
    return _set_up(stage, lesson)


def _set_up(stage: LabStage, lesson: Lesson) -> LessonView:
    state = stage.config.state
    before = progress.read(state)
    if before.open and stage.fault_is_on():
        stage.restore()
    progress.write(state, replace(before, open=OpenLesson(lesson.name, progress.encode({}))))
    secret = lesson.prepare(stage, random.Random(secrets.randbits(64)))
    opened = OpenLesson(lesson.name, progress.encode(secret))
    progress.write(state, replace(before, open=opened))
    return LessonView(lesson, opened)


def current(stage: LabStage) -> LessonView | None:
    opened = progress.read(stage.config.state).open
    return LessonView(find(opened.name), opened) if opened else None


def hint(stage: LabStage) -> LessonView:
    """One hint more, which costs a point. Raises UsageError where there is none."""
    known, view = _require_open(stage)
    if view.open.hints >= len(view.lesson.hints):
        raise UsageError("there are no more hints", hint=view.lesson.answer)
    opened = replace(view.open, hints=view.open.hints + 1)
    progress.write(stage.config.state, replace(known, open=opened))
    return LessonView(view.lesson, opened)


def answer(stage: LabStage, given: str) -> Answered:
    """Judge an answer by the live telemetry. A wrong one costs a point; a right one ends the lesson and restores the lab."""
    known, view = _require_open(stage)
    secret = progress.decode(view.open.secret)
    if not secret:
        raise LabError("this lesson was interrupted before it began", hint=f"labctl learn {view.lesson.name}")
    if view.lesson.judged_live and (changed_by := view.open.changed_by):
        raise Refused(f"`{changed_by}` has undone what this lesson had set up", hint="labctl learn --restart")
    judgement = view.lesson.judge(stage, secret, given)
    if not judgement.right:
        opened = replace(view.open, wrong=view.open.wrong + 1)
        progress.write(stage.config.state, replace(known, open=opened))
        return Answered(view.lesson, judgement, opened.points)
    points = view.open.points
    progress.write(stage.config.state, known.with_solved(view.lesson.name, points))
    stage.restore()
    return Answered(view.lesson, judgement, points)


def stop(stage: LabStage) -> Stopped:
    """End the open lesson and restore the lab."""
    known, view = _require_open(stage)
    stage.restore()
    progress.write(stage.config.state, replace(known, open=None))
    return Stopped(view.lesson, known.solved.get(view.lesson.name))


def listed(stage: LabStage) -> Sequence[LessonProgressLine]:
    known = progress.read(stage.config.state)
    return [LessonProgressLine(lesson, _state(lesson, known), known.solved.get(lesson.name)) for lesson in LESSONS]


def trace_of(stage: LabStage, answered: Answered) -> Trace | None:
    """The trace that shows what was learnt, if there is one and the viewer still has it."""
    with suppress(LabError):
        return stage.viewer.trace(answered.judgement.trace_id) if answered.judgement.trace_id else None
    return None


def require_open(stage: LabStage) -> LessonView:
    return _require_open(stage)[1]


def _state(lesson: Lesson, known: LessonProgress) -> str:
    if known.open and known.open.name == lesson.name:
        return "open"
    return "solved" if lesson.name in known.solved else "new"


def _require_open(stage: LabStage) -> tuple[LessonProgress, LessonView]:
    known = progress.read(stage.config.state)
    if known.open is None:
        raise UsageError("no lesson is open", hint="labctl learn --list")
    return known, LessonView(find(known.open.name), known.open)
