"""`labctl view`."""

from pathlib import Path
from typing import Annotated

import typer

Files = Annotated[list[Path], typer.Argument(
    metavar="FILE...", help="What labctl save, the page or another program has written.",
)]
Browser = Annotated[bool, typer.Option(
    "--browser/--no-browser", help="Open a browser, where there is a display; or only print the address.",
)]


def view(files: Files, browser: Browser = True) -> None:
    """Show saved telemetry in a browser, without a lab, until Ctrl-C.

    Takes what `labctl save` writes, OTLP JSON of a collector's file exporter or of other programs (also with .gz or in a zip
    file), and traces as JSON of Tempo and Jaeger, of any size. A viewer runs for it on a free port of this machine, and nothing
    is left of it afterwards. As in: labctl view run.zip, labctl view traces.jsonl logs.jsonl
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
        show(found.address, browser=browser)
        remark("shown until Ctrl-C")
        while True:
            signal.pause()
