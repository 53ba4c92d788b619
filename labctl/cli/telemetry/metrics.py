"""`labctl metrics`."""

from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options


@lab_options
def metrics(flags: Flags, output: Format = Output.text) -> None:
    """Show the service's six metrics as the viewer received them."""
    from labctl.config import load
    from labctl.model import METRICS
    from labctl.targets import require_target
    from labctl.viewer_client.client import ViewerClient

    endpoints = require_target(load(flags).spec()).endpoints()
    series = [entry for entry in ViewerClient(endpoints.viewer).metrics() if entry["name"] in METRICS]
    series.sort(key=lambda entry: METRICS.index(entry["name"]))
    if output is Output.json:
        print_json("Metrics", {"series": series})
        return
    from labctl.ui.kit.console import out
    from labctl.ui.telemetry import metrics as screen

    out().print(screen.render(series, METRICS))
