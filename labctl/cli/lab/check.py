"""`labctl check`."""

from typing import Annotated

import typer

from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options

Timeout = Annotated[str, typer.Option(metavar="TIME", help="How long to wait for the trace.")]


@lab_options
def check(flags: Flags, timeout: Timeout = "5s", output: Format = Output.text) -> None:
    """Send one request through the lab and follow its trace hop by hop: service, collector, viewer.

    Exit 5 when a hop is broken, with its name and the last thing seen there.
    """
    from labctl.config import load, seconds
    from labctl.errors import NotReady
    from labctl.lab import canary
    from labctl.targets import require_target

    sent = canary.send(require_target(load(flags).spec()).endpoints(), seconds(timeout, "--timeout"))
    if output is Output.json:
        print_json("Check", sent.as_json())
    else:
        from labctl.ui.kit.console import out
        from labctl.ui.lab import check as screen

        out().print(screen.render(sent.hops))
    if broken := sent.broken:
        raise NotReady(f"the pipeline is broken: {broken.hop}", detail=broken.seen, hint=broken.hint)
