"""`labctl load`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from labctl.cli.asked import Asked, spread
from labctl.cli.options import ComponentName, Flags, Format, Output, lab_options


def _leave(*names: str, **more: Any) -> Any:
    return typer.Option(*names, rich_help_panel="What it shows and leaves behind", show_default=False, **more)


FindMax = Annotated[bool, typer.Option(
    "--find-max",
    help="Look for the highest rate at which --slo holds: 2s as fast as answers come, then runs of --duration, or 5s, each.",
    rich_help_panel="What is asked of it",
)]
Tail = Annotated[ComponentName | None, _leave(help="Show this component's log lines too.")]
Report = Annotated[Path | None, _leave(metavar="FILE.html", help="Write a page that shows the run, and opens without a network.")]
Csv = Annotated[Path | None, _leave("--csv", metavar="FILE", help="Write the run's timeline as CSV.")]
TraceIds = Annotated[Path | None, _leave(metavar="FILE", help="Write the run's trace ids, one a line.")]


@lab_options
@spread
def load(
    flags: Flags, asked: Asked, find_max: FindMax = False, tail: Tail = None, report: Report = None, csv: Csv = None,
    trace_ids: TraceIds = None, output: Format = Output.text,
) -> None:
    """Send requests and show how they were answered: percentiles, histogram, and what became of every span.

    With a rate, requests are sent on a schedule and latency counts from when each was due, so that a server that stalls cannot
    hide it. Without, each of the workers sends its next request when it has its answer. Exit 6 when more than 1 % failed, or
    when a bound of --slo does not hold.

    The run is kept: `labctl runs` lists those that were made, `labctl compare last-1 last` says what changed.
    """
    from labctl import config
    from labctl.cli import finding, loading
    from labctl.cli.outcome import Wanted

    spec = config.load(flags).spec()
    if find_max:
        finding.run(asked, spec, output, {"--tail": tail, "--report": report, "--csv": csv, "--trace-ids": trace_ids})
        return
    shown = tail.value if tail else None
    loading.run(asked.options(), spec, Wanted(asked.scenario or "", shown, report, csv, trace_ids, output))
