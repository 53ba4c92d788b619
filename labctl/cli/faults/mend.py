"""`labctl mend`."""

from typing import Annotated

import typer

from labctl.cli import completion
from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options

Name = Annotated[
    str, typer.Argument(metavar="FAULT", help="The fault to undo.", show_default="all", autocompletion=completion.faults),
]


@lab_options
def mend(flags: Flags, name: Name = "", output: Format = Output.text) -> None:
    """Undo what `labctl break` did, and prove that it is gone.

    The lab gets back the settings it ran with. Works even if `break` was killed or the state folder is gone.
    """
    from labctl.config import load
    from labctl.faults.mending import mend as take_back
    from labctl.ui.lab import faults as screen
    from labctl.ui.lab.steps import steps

    mended = take_back(load(flags), name, steps())
    if output is Output.json:
        print_json("Mend", mended.as_json())
    else:
        screen.show_mended(mended)
