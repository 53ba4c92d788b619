"""`labctl alerts`."""

import time

import typer

from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options


@lab_options
def alerts(flags: Flags, output: Format = Output.text) -> None:
    """Show which alerts fire, since when, and what `labctl why` finds; and those resolved within the last hour.

    Exit 0 when none fires, 1 when no lab is up or it has no Prometheus, 5 when one fires.
    """
    from labctl.config import load
    from labctl.why.alerts import explain

    found = explain(load(flags), time.time())
    if output is Output.json:
        print_json("Alerts", found.as_json())
    else:
        from labctl.ui.kit.console import out
        from labctl.ui.telemetry import alerts as screen

        out().print(screen.render(found, time.time()))
    raise typer.Exit(5 if found.alerts.firing else 0)
