"""`labctl answer`."""

from typing import Annotated

import typer

from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options

Words = Annotated[list[str], typer.Argument(
    metavar="ANSWER", help="Your answer to the open lesson's question.", show_default=False,
)]


@lab_options
def answer(flags: Flags, words: Words, output: Format = Output.text) -> None:
    """Answer the open lesson's question. It is checked against the live telemetry; exit 1 when it is wrong."""
    from labctl.cli.lessons.wiring import stage_of
    from labctl.lessons import course

    answered = course.answer(stage := stage_of(flags), " ".join(words))
    if output is Output.json:
        print_json("Answer", answered.as_json())
    else:
        from labctl.ui.lessons import lesson as screen

        screen.show_answer(answered, course.trace_of(stage, answered))
    raise typer.Exit(0 if answered.judgement.right else 1)
