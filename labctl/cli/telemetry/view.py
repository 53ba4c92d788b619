"""`labctl view`."""

from pathlib import Path
from typing import Annotated

import typer

Files = Annotated[list[Path], typer.Argument(
    metavar="FILE...", help="A file from labctl save, the page, a collector, Tempo or Jaeger.",
)]
Print = Annotated[bool, typer.Option("--print", help="Print the address without opening a browser.")]


def view(files: Files, print_: Print = False) -> None:
    """Show saved telemetry in a browser, without a lab, until Ctrl-C.

    Takes what `labctl save` writes, OTLP JSON from a collector's file exporter or another program (also with .gz or in a zip
    file), and traces as JSON from Tempo and Jaeger, of any size. A viewer runs on a free port of this machine and leaves nothing
    behind. As in: labctl view run.zip, labctl view traces.jsonl logs.jsonl
    """
    import signal

    from labctl.cli.telemetry.shown import show
    from labctl.saved.view import shown
    from labctl.ui.kit.plain import remark
    from labctl.ui.telemetry import saved as screen

    with screen.reading() as progress, shown(files, progress) as found:
        progress("", 1.0)
        for file in found.files:
            screen.tell(file)
        show(found.address, browser=not print_)
        remark("serving; press Ctrl-C to stop")
        try:
            while True:
                signal.pause()
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)        # a second Ctrl-C does not disturb the tidying up
