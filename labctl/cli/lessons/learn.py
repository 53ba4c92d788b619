"""`labctl learn`."""

from typing import TYPE_CHECKING, Annotated

import typer

from labctl.cli import completion
from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options

if TYPE_CHECKING:
    from labctl.lessons.course import LessonView

Name = Annotated[str | None, typer.Argument(
    metavar="[LESSON]", help="The lesson to begin; without one the open lesson is shown again.", show_default=False,
    autocompletion=completion.lessons,
)]
List = Annotated[bool, typer.Option("--list", help="List the lessons, with your points.")]
Hint = Annotated[bool, typer.Option("--hint", help="Show one more hint; it costs a point.")]
Stop = Annotated[bool, typer.Option("--stop", help="End the open lesson and restore the lab.")]
Restart = Annotated[bool, typer.Option("--restart", help="Start the open lesson over; its answer will be different.")]


@lab_options
def learn(
    flags: Flags, lesson: Name = None, show_list: List = False, hint: Hint = False, stop: Stop = False, restart: Restart = False,
    output: Format = Output.text,
) -> None:
    """Begin a lesson of about five minutes: the lab is set up for it, and a question is asked that its telemetry answers.

    Find the answer with the other commands (`labctl trace slowest`, `labctl metrics`, `labctl why`, …) and give it with
    `labctl answer`. A lesson is worth 5 points; each hint and each wrong answer costs one. The lab is restored at the end.

    One lesson is open at a time: `--stop` ends it without an answer. The points of those that were solved are kept.
    """
    from labctl.cli.lessons.wiring import one_of, stage_of
    from labctl.lessons import course
    from labctl.ui.lessons import lesson as screen

    one_of({"LESSON": lesson, "--list": show_list, "--hint": hint, "--stop": stop, "--restart": restart})
    stage = stage_of(flags)
    if stop:
        screen.show_stopped(course.stop(stage))
        return
    view: LessonView | None
    if restart:
        view = course.restart(stage)
    else:
        view = course.begin(stage, lesson) if lesson else course.hint(stage) if hint else course.current(stage)
    if show_list or view is None:
        listed = course.listed(stage)
        if output is Output.json:
            print_json("Lessons", {"lessons": [one.as_json() for one in listed]})
        else:
            screen.show_list(listed)
    elif output is Output.json:
        print_json("Lesson", view.as_json())
    else:
        screen.show(view)
