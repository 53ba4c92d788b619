"""`labctl top`."""

from typing import Annotated

import typer

from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options

Once = Annotated[bool, typer.Option("--once", help="Print one sample and exit, as it does without a terminal.")]


@lab_options
def top(flags: Flags, once: Once = False, output: Format = Output.text) -> None:
    """Show each component's CPU and memory usage against its limits, and how much it is throttled.

    Throttled is the share of the scheduler's periods in which a component had used up its CPU limit.
    """
    from labctl.config import load
    from labctl.targets import require_target

    looks = require_target(load(flags).spec()).usage()
    if output is Output.json:
        print_json("Usage", {"components": [usage.as_json() for usage in next(looks)]})
        return
    from labctl.ui.kit.console import out
    from labctl.ui.lab import top as screen

    if once or not out().is_terminal:
        out().print(screen.render(next(looks)))
    else:
        screen.watch(out(), looks)
