"""`labctl metrics`."""

from typing import Annotated

import typer

from labctl.cli import completion
from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options

RECENT = "5m"
Names = Annotated[list[str] | None, typer.Argument(
    metavar="NAME…", help="Metrics by name, or by the beginning of their names.", show_default="the service's six",
    autocompletion=completion.metrics,
)]
All = Annotated[bool, typer.Option("--all", help="Every metric that has arrived, and the collector's own.")]
Watch = Annotated[bool, typer.Option("--watch", "-w", help="Redraw every second, until Ctrl-C.")]
Since = Annotated[str | None, typer.Option(
    metavar="TIME", help="Only what happened in the last TIME, such as 1m.", show_default="all, with -w 1m",
)]


@lab_options
def metrics(
    flags: Flags, names: Names = None, all_: All = False, watch: Watch = False, since: Since = None, output: Format = Output.text,
) -> None:
    """Show metrics as the viewer received them: value, rate per second, recent history, mean and percentiles.

    Percentiles are interpolated from a histogram's buckets, hence the ~. With NAME, a histogram's buckets are listed too, each
    with an exemplar's trace id. The collector's own metrics come from its Prometheus port, not through the pipeline.
    """
    import time

    from labctl.config import load, seconds
    from labctl.errors import UsageError
    from labctl.lab.metrics import MetricChoice, MetricReader
    from labctl.targets import require_target

    if watch and output is Output.json:
        raise UsageError("-w redraws a screen, and -o json prints once", advice="leave one of them away")
    window = since or ("1m" if watch else RECENT)
    choice = MetricChoice(tuple(names or ()), all_, seconds(window, "--since"))
    reader = MetricReader(require_target(load(flags).spec()).endpoints(), choice)
    found = reader.look()
    if reader.looked_at_collector and not watch:
        time.sleep(1.0)                 # the collector's own have a rate from the second look on
        found = reader.look()
    if output is Output.json:
        print_json("Metrics", {"series": list(found.series), "missing": found.failed or None})
        return
    from labctl.ui.kit.console import out
    from labctl.ui.telemetry import metrics as screen

    rate_s = 10.0 if watch else 60.0
    view = screen.MetricView(choice.window_s, only_recent=watch or since is not None, rate_s=rate_s, buckets=bool(names))
    if watch and out().is_terminal:
        screen.watch(out(), reader.look, view)
    else:
        out().print(screen.render(found, view))
