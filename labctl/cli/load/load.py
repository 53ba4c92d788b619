"""`labctl load`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli.json_output import print_json
from labctl.cli.load.arguments import THRESHOLDS, LoadArguments, with_load_arguments
from labctl.cli.options import ComponentName, Flags, Format, Output, lab_options

if TYPE_CHECKING:
    from labctl.load.judge.capacity import Capacity
    from labctl.load.plan.run_options import RunOptions
    from labctl.load.result import RunResult
    from labctl.load.screen_protocol import Screen
    from labctl.model import LabSpec


def _leave(*names: str, **more: Any) -> Any:
    return typer.Option(*names, rich_help_panel="Output", show_default=False, **more)


FindMax = Annotated[bool, typer.Option(
    "--find-max",
    help="Search for the highest rate that meets --slo: 2s closed-loop, then one run of --duration (5s) per rate.",
    rich_help_panel=THRESHOLDS,
)]
Tail = Annotated[ComponentName | None, _leave(help="Also show this component's log.")]
Report = Annotated[Path | None, _leave(metavar="FILE.html", help="Write a self-contained HTML report.")]
Csv = Annotated[Path | None, _leave("--csv", metavar="FILE", help="Write the timeline as CSV.")]
TraceIds = Annotated[Path | None, _leave(metavar="FILE", help="Write the trace ids, one per line.")]


@lab_options
@with_load_arguments
def load(
    flags: Flags, arguments: LoadArguments, find_max: FindMax = False, tail: Tail = None, report: Report = None, csv: Csv = None,
    trace_ids: TraceIds = None, output: Format = Output.text,
) -> None:
    """Send requests and report latency percentiles, a histogram, and what became of every span.

    With a rate, requests follow a schedule and latency counts from when each was due, so that a stalled server cannot hide its
    delay (open model). Without one, each worker sends its next request when the last is answered (closed model). Exit 6 when
    more than 1 % of the requests failed or a threshold of --slo is missed.

    Runs are kept: `labctl runs` lists them, `labctl compare last-1 last` compares two.
    """
    from labctl import config
    from labctl.load.result_files import ResultFiles
    from labctl.load.run import RunJob, run
    from labctl.ui.load.screen import TerminalScreen

    settings = config.load(flags)
    spec, screen = settings.spec(), TerminalScreen()
    if find_max:
        unused = {"--tail": tail, "--report": report, "--csv": csv, "--trace-ids": trace_ids}
        _find_max(arguments.search_options(unused), spec, screen, output)
        return
    files = ResultFiles(report, csv, trace_ids)
    result = run(RunJob(arguments.options(), spec, arguments.scenario or "", tail.value if tail else None, files), screen)
    _print(result, output)
    if result.interrupted:
        raise typer.Exit(128 + result.signal)
    if result.went_wrong:
        from labctl.cli import explained

        explained.remark(settings)
    result.check()


def _find_max(options: "RunOptions", spec: "LabSpec", screen: "Screen", output: Output) -> None:
    from labctl.load.find_max import find_max

    found = find_max(options, spec, screen, lambda partial: _print(partial, output))
    _print(found, output)
    found.check()


def _print(found: "RunResult | Capacity", output: Output) -> None:
    if output is Output.json:
        print_json(found.KIND, found.as_json())
        return
    from labctl.ui.load import screen

    screen.show(found)
