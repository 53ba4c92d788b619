"""`labctl save`."""

from pathlib import Path
from typing import Annotated

import typer

from labctl.cli import completion
from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options

File = Annotated[Path, typer.Argument(
    metavar="FILE", help="Its extension decides the format: .json or .jsonl (also with .gz) for OTLP JSON, .zip for an archive.",
)]
Run = Annotated[str | None, typer.Option(
    metavar="RUN", help="A load run: its id, the beginning of it, or last, last-1, …", show_default=False,
    autocompletion=completion.runs,
)]
Trace = Annotated[str | None, typer.Option(
    "--trace", metavar="ID|slowest|up", help="One trace: its id or the beginning of it, slowest, or up.", show_default=False,
    autocompletion=completion.traces,
)]
Last = Annotated[str | None, typer.Option(
    "--last", metavar="TIME", help="Everything of the last TIME, such as 15m.", show_default=False,
)]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing file.")]


@lab_options
def save(
    flags: Flags, file: File, run: Run = None, trace: Trace = None, last: Last = None, force: Force = False,
    output: Format = Output.text,
) -> None:
    """Save a run, a trace or the last minutes to a file that `labctl view` shows without a lab.

    Without --run, --trace or --last it saves the last load run; where there is none, the last 15 minutes. An archive has traces,
    logs and metrics as OTLP JSON lines, the run's figures and its report. Collectors and other programs read OTLP JSON too. As
    in: labctl save run.zip, labctl save slow.json --trace slowest, labctl save all.jsonl.gz --last 15m
    """
    from labctl import config
    from labctl.saved.chosen import SaveOptions
    from labctl.saved.save import save as write
    from labctl.targets import require_target
    from labctl.ui.telemetry import saved as screen

    spec = config.load(flags).spec()
    options = SaveOptions(file, run, trace, None if last is None else config.seconds(last, "--last"), force)
    options.check()
    viewer = require_target(spec).endpoints().viewer
    with screen.progress(file) as progress:
        found = write(options, spec.state, viewer, progress)
    if output is Output.json:
        print_json("Saved", found.as_json())
        return
    from labctl.ui.kit.console import out

    out().print(screen.render(found))
