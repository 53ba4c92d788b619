"""`labctl check`."""

from enum import StrEnum
from typing import Annotated

import typer

from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options

Timeout = Annotated[str, typer.Option(metavar="TIME", help="How long to wait for the trace.")]


class Origin(StrEnum):
    service = "service"


From = Annotated[Origin | None, typer.Option(
    "--from", metavar="service", help="Test the connections from inside the service instead.", show_default=False,
)]


@lab_options
def check(flags: Flags, timeout: Timeout = "5s", origin: From = None, output: Format = Output.text) -> None:
    """Send one request through the lab and follow its trace hop by hop: service, collector, viewer.

    With --from service no request is sent. Instead it connects to the collector from inside the service's pod, or as its process
    would: by the endpoint that the service was given, by the collector's name and ports, and in a cluster by DNS.

    Exit 5 when a hop is broken, with its name and the last thing seen there.
    """
    from labctl.cli.explained import explain
    from labctl.config import load, seconds
    from labctl.errors import NotReady
    from labctl.lab import canary, connections
    from labctl.targets import require_target

    config = load(flags)
    target = require_target(config.spec())
    if origin:
        sent = canary.CanaryResult(connections.look(target))
    else:
        sent = canary.send(target.endpoints(), seconds(timeout, "--timeout"))
    if output is Output.json:
        print_json("Check", sent.as_json())
    else:
        from labctl.ui.kit.console import out
        from labctl.ui.lab import check as screen

        out().print(screen.render(sent.hops))
    if broken := sent.broken:
        what = "cannot connect from the service to" if origin else "the pipeline is broken:"
        raise explain(config, NotReady(f"{what} {broken.hop}", detail=broken.seen, hint=broken.hint))
