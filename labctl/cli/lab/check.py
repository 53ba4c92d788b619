"""`labctl check`."""

from typing import Annotated

import typer

from labctl.cli.options import Flags, Format, Output, lab_options, print_json

Timeout = Annotated[str, typer.Option(metavar="TIME", help="How long to wait for the trace.")]


@lab_options
def check(flags: Flags, timeout: Timeout = "5s", output: Format = Output.text) -> None:
    """Send one request through the lab and report each hop: service, collector, viewer. Exit 5 names the broken one."""
    from labctl.config import load, seconds
    from labctl.errors import NotReady
    from labctl.lab import canary
    from labctl.targets import require_target

    spec = load(flags).spec()
    hops = canary.fly(require_target(spec).endpoints(), seconds(timeout, "--timeout"))
    broken = next((hop for hop in hops if not hop.ok), None)
    shown = [hop.as_json() for hop in hops]
    if output is Output.json:
        print_json({"ok": broken is None, "broken": broken.hop if broken else None, "hops": shown})
    else:
        from labctl.ui.kit.console import out
        from labctl.ui.lab import check as screen

        out().print(screen.render(shown))
    if broken:
        raise NotReady(f"the pipeline is broken: {broken.hop}", detail=broken.seen, hint=broken.hint)
