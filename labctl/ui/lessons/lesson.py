"""A lesson, its hints, the judgement of an answer, and the list of lessons."""

from collections.abc import Iterator, Sequence
from string import ascii_lowercase

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from labctl import numbers
from labctl.lessons.course import Answered, LessonProgressLine, LessonView, Stopped
from labctl.lessons.progress import POINTS
from labctl.telemetry.trace import Trace
from labctl.ui.kit.commands import typed
from labctl.ui.kit.console import out
from labctl.ui.kit.palette import BAD, DIM, GOOD, WARN
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table
from labctl.ui.telemetry import waterfall

_WIDTH = 88                             # cells: longer lines are hard to read
_SIGNS = {"new": "○", "open": "◐", "solved": "●"}


def show(view: LessonView) -> None:
    _print(*_lesson(view))


def show_answer(answered: Answered, trace: Trace | None) -> None:
    judgement = answered.judgement
    sign, style = ("✓ Right", GOOD) if judgement.right else ("✗ Wrong", BAD)
    _print(Text.assemble((sign, style), f": {visible(judgement.said)}."), *map(_paragraph, judgement.learnt))
    if trace:
        out().print(waterfall.render(trace, out().width))
    points = numbers.plural(answered.points, "point")
    if judgement.right:
        _print(Text(f"{points} for {answered.lesson.name}; the lab is as it was. {typed('labctl learn --list')}", style=DIM))
    else:
        _print(Text(f"{points} left. {typed('labctl learn --hint')}", style=DIM))


def show_list(lessons: Sequence[LessonProgressLine]) -> None:
    table = new_table("lesson", "", "points", "what it is about")
    table.columns[2].justify = "right"
    for column in table.columns[:3]:
        column.no_wrap = True
    for line in lessons:
        points = "" if line.points is None else f"{line.points} of {POINTS}"
        table.add_row(line.lesson.name, f"{_SIGNS[line.state]} {line.state}", points, line.lesson.goal)
    out().print(table)
    following = next((line.lesson.name for line in lessons if line.state != "solved"), None)
    out().print(Text(typed(f"\nnext: labctl learn {following}") if following else "\nAll lessons are solved.", style=DIM))


def show_stopped(stopped: Stopped) -> None:
    name, best = stopped.lesson.name, stopped.best
    kept = "it has no points yet" if best is None else f"its {numbers.plural(best, 'point')} from before are kept"
    _print(Text(f"The lesson {name} has ended without an answer: {kept}. The lab is as it was."))


def _lesson(view: LessonView) -> Iterator[RenderableType]:
    yield Text.assemble((view.lesson.name, "bold"), (f" · {view.lesson.goal}", DIM))
    yield _paragraph(view.lesson.story)
    yield Text()
    yield Text.assemble((view.lesson.question, "bold"))
    for letter, option in zip(ascii_lowercase, view.options, strict=False):
        yield Text(f"  {letter}  {visible(option)}")
    for number, hint in enumerate(view.hints, 1):
        yield _paragraph(f"Hint {number}: {typed(hint)}")
    if changed_by := view.open.changed_by:
        yield _paragraph(f"! `{changed_by}` has undone the scene; {typed('labctl learn --restart')} sets another", WARN)
    yield Text()
    yield Text.assemble("start with: ", (typed(view.lesson.start), "bold"))
    left = "" if len(view.hints) == len(view.lesson.hints) else f"; a hint costs one: {typed('labctl learn --hint')}"
    yield Text.assemble("answer:     ", typed(view.lesson.answer))
    yield Text(f"{numbers.plural(view.open.points, 'point')}{left}", style=DIM)


def _paragraph(text: str, style: str = "") -> RenderableType:
    return Padding(Text(visible(text), style), (1, 0, 0, 0))


def _print(*lines: RenderableType) -> None:
    out().print(Group(*lines), width=min(out().width, _WIDTH))
