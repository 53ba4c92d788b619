"""`labctl why`."""

from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options


@lab_options
def why(flags: Flags, output: Format = Output.text) -> None:
    """Say what is wrong with the running lab: the cause, the evidence for it, and the line that mends it.

    Exit 0 when nothing is wrong, 1 when no lab is up, 5 when something is.
    """
    import typer

    from labctl.config import load
    from labctl.why.diagnose import diagnose

    diagnosis = diagnose(load(flags))
    if output is Output.json:
        print_json("Why", diagnosis.as_json())
    else:
        from labctl.ui.kit.console import out
        from labctl.ui.lab import why as screen

        out().print(screen.render(diagnosis))
    raise typer.Exit(0 if diagnosis.healthy else 5)
