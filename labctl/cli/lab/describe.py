"""`labctl describe`."""

from typing import Annotated

import typer

from labctl.cli.json_output import print_json
from labctl.cli.options import ComponentName, Flags, Format, Output, lab_options

Component = Annotated[ComponentName, typer.Argument(metavar="COMPONENT", help="Which component.", show_default=False)]


@lab_options
def describe(flags: Flags, component: Component, output: Format = Output.text) -> None:
    """Show one component in full: pods or process, image, command, limits and requests, probes, ports and where they lead,
    mounts, environment, the last events and log lines.

    Values that may be secret are not shown. A limit or request says whether it is the manifest's or was set with up --set.
    """
    from labctl.config import load
    from labctl.targets import require_target

    found = require_target(load(flags).spec()).describe(component.value)
    if output is Output.json:
        print_json("Description", found.as_json())
        return
    from labctl.ui.kit.console import out
    from labctl.ui.lab import describe as screen

    out().print(screen.render(found))
